// A convolution of which only the means of two by two cells are written
// (kernels/plan/block_pooled_convolution.h): the one of conv.h. A warp has pairs of rows; the cells of a pair
// of columns are in lanes that lie four apart.
#pragma once

#include "cuda/kernels/conv.h"

namespace kdtalker::cuda {

template <int across, int each>
struct PooledConvOf : ConvOf<3, across, each> {
  using Base = ConvOf<3, across, each>;
  using typename Base::Place;
  using typename Base::Sums;
  static_assert(Base::kRowsOfWarp % 2 == 0, "a warp has both rows of a mean");

  KDT_DEVICE void Block(typename Base::Shared& shared) const {
    Sums sums = {};
    this->Sum(shared, blockIdx.z, this->WindowOf(blockIdx.z, 1, 1), sums);
    const Place place = this->PlaceOfWarp(blockIdx.z);
    KDT_UNROLL
    for (int group = 0; group < each; group++) {
      if (place.group + group < this->out_blocks) StoreMeans(place, group, sums);
    }
  }

 private:
  KDT_DEVICE static float4 OfNextColumn(const float4& v) {
    return {__shfl_xor_sync(0xFFFFFFFFU, v.x, 4), __shfl_xor_sync(0xFFFFFFFFU, v.y, 4),
            __shfl_xor_sync(0xFFFFFFFFU, v.z, 4), __shfl_xor_sync(0xFFFFFFFFU, v.w, 4)};
  }

  // Of a cell, as a half holds it.
  KDT_DEVICE float4 ValueOf(const Sums& sums, int row, int group, int half, const float4& shift) const {
    const float4 value = Active(Added(this->FourOf(sums, row, group, half), shift), this->alpha);
    return FourOfHalves(Halves(Active(value, this->after)));
  }

  // All lanes take part, also for cells that are outside.
  KDT_DEVICE void StoreMeans(const Place& place, int group, const Sums& sums) const {
    const int block = place.group + group, four = this->FirstOfFour();
    const int column = place.left + static_cast<int>(threadIdx.x) % 32 / 4;
    const float4 shift = LoadFour(this->bias + block * 16 + four);
    const std::int64_t plane = (std::int64_t{block} * this->depth + blockIdx.y) * (this->height / 2);
    KDT_UNROLL
    for (int row = 0; row < Base::kRowsOfWarp; row += 2) {
      KDT_UNROLL
      for (int half = 0; half < 2; half++) {
        const float4 above = ValueOf(sums, row, group, half, shift),
                     below = ValueOf(sums, row + 1, group, half, shift);
        const float4 sum = Added(Added(Added(above, OfNextColumn(above)), below), OfNextColumn(below));
        const int y_at = place.top + row, x_at = column + 8 * half;
        if (x_at % 2 == 1 || y_at >= this->height || x_at >= this->width) continue;
        const std::int64_t at = (plane + y_at / 2) * (this->width / 2) + x_at / 2;
        StoreFour(this->y + at * 16 + four, {0.25F * sum.x, 0.25F * sum.y, 0.25F * sum.z, 0.25F * sum.w});
      }
    }
  }
};

// Named by the channels of a block of threads.
struct Pooled64 : PooledConvOf<2, 2> {};
struct Pooled128 : PooledConvOf<4, 2> {};

}  // namespace kdtalker::cuda
