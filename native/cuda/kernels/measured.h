// A convolution that also writes the moments of what it stores (kernels/plan/block_measured_convolution.h):
// the one of conv.h, whose warps each measure the cells that they have made, in a fixed order of additions.
#pragma once

#include "cuda/kernels/conv.h"
#include "kernels/plan/moments.h"

namespace kdtalker::cuda {

template <int across, int each>
struct MeasuredConvOf : ConvOf<3, across, each> {
  using Base = ConvOf<3, across, each>;
  using typename Base::Place;
  using typename Base::Sums;
  static constexpr int kPartRows = Base::kRowsOfWarp;
  static_assert(kPartRows == Base::kGroups / 2 && Base::kColumns == kernels::plan::PictureParts::kColumns,
                "a warp makes a part, as kernels/plan/block_measured_convolution.h says");

  float* moments;  // [out_blocks, parts, 2, 16]

  KDT_DEVICE void Block(typename Base::Shared& shared) const {
    Sums sums = {};
    this->Sum(shared, blockIdx.z, this->WindowOf(blockIdx.z, 1, 1), sums);
    const Place place = this->PlaceOfWarp(blockIdx.z);
    KDT_UNROLL
    for (int group = 0; group < each; group++) {
      if (place.group + group < this->out_blocks) this->Store(place, group, sums);
    }
    if (place.top >= this->height) return;
    KDT_UNROLL
    for (int group = 0; group < each; group++) {
      if (place.group + group < this->out_blocks) Measure(place, group, sums);
    }
  }

 private:
  // Of the lanes with the same channels.
  KDT_DEVICE static float Together(float value) {
    for (int step = 4; step < 32; step *= 2) value += __shfl_xor_sync(0xFFFFFFFFU, value, step);
    return value;
  }
  KDT_DEVICE static float4 Together(const float4& v) {
    return {Together(v.x), Together(v.y), Together(v.z), Together(v.w)};
  }

  KDT_DEVICE void Measure(const Place& place, int group, const Sums& sums) const {
    const int rows = this->height - place.top < kPartRows ? this->height - place.top : kPartRows;
    const int columns = this->width - place.left < 16 ? this->width - place.left : 16;
    const auto cells = static_cast<float>(rows * columns);
    float4 mean = {0.0F, 0.0F, 0.0F, 0.0F}, squares = mean;
    this->ForEachCell(place, [&](int row, int half, int, int) {
      mean = Added(mean, this->FourOf(sums, row, group, half));
    });
    mean = Together(mean);
    mean = {mean.x / cells, mean.y / cells, mean.z / cells, mean.w / cells};
    this->ForEachCell(place, [&](int row, int half, int, int) {
      const float4 v = this->FourOf(sums, row, group, half);
      const float4 off = {v.x - mean.x, v.y - mean.y, v.z - mean.z, v.w - mean.w};
      squares = Added(squares, {off.x * off.x, off.y * off.y, off.z * off.z, off.w * off.w});
    });
    squares = Together(squares);
    if (threadIdx.x % 32 < 4) Write(place, group, mean, squares);
  }

  KDT_DEVICE void Write(const Place& place, int group, const float4& mean, const float4& squares) const {
    const int across_all = (this->width + 15) / 16,
              parts = (this->height + kPartRows - 1) / kPartRows * across_all;
    const int part = place.top / kPartRows * across_all + place.left / 16;
    float* to = moments + (std::int64_t{place.group + group} * parts + part) * 32 + this->FirstOfFour();
    *reinterpret_cast<float4*>(to) = mean;
    *reinterpret_cast<float4*>(to + 16) = squares;
  }
};

// Named by the channels of a block of threads.
struct Measured32 : MeasuredConvOf<1, 2> {};
struct Measured64 : MeasuredConvOf<2, 2> {};
struct Measured128 : MeasuredConvOf<4, 2> {};

}  // namespace kdtalker::cuda
