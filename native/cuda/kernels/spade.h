// A normalisation that a convolution of kernel 3 scales, and shifts, cell by cell, of blocked halves: the
// convolution of conv.h with another end.
#pragma once

#include "cuda/kernels/conv.h"

namespace kdtalker::cuda {

// A warp has of each cell 16 scales and their 16 shifts, or 32 scales.
template <bool shifted>
struct SpadeOf : ConvSums<3, 4, 2> {
  const __half* normal;     // [blocks, height / factor, width / factor, 16]: its cells are repeated
  const float* statistics;  // of Stats
  __half* y;
  int blocks, factor;
  float alpha;

  KDT_DEVICE void Block(Shared& shared) const {
    Sums sums = {};
    Sum(shared, blockIdx.z, WindowOf(blockIdx.z, 1, 1), sums);
    const Place place = PlaceOfWarp(blockIdx.z);
    KDT_UNROLL
    for (int group = 0; group < (shifted ? 1 : 2); group++) {
      const int block = shifted ? place.group / 2 : place.group + group;
      if (block < blocks) Store(place, block, group, sums);
    }
  }

 private:
  KDT_DEVICE void Store(const Place& place, int block, int group, const Sums& sums) const {
    const int four = FirstOfFour(), first = block * 16 + four;
    const float4 mean = LoadFour(statistics + block * 32 + four),
                 scale = LoadFour(statistics + block * 32 + 16 + four), gamma = LoadFour(bias + first);
    float4 beta = {0.0F, 0.0F, 0.0F, 0.0F};
    if (shifted) beta = LoadFour(bias + blocks * 16 + first);
    const int from_height = height / factor, from_width = width / factor;
    ForEachCell(place, [&](int row, int half, int y_at, int x_at) {
      const std::int64_t line = std::int64_t{block} * from_height + y_at / factor;
      const float4 v = LoadFour(normal + (line * from_width + x_at / factor) * 16 + four);
      const float4 g = Added(FourOf(sums, row, group, half), gamma);
      const float4 b = shifted ? Added(FourOf(sums, row, 1, half), beta) : beta;
      const float4 value = {(v.x - mean.x) * scale.x * g.x + b.x, (v.y - mean.y) * scale.y * g.y + b.y,
                            (v.z - mean.z) * scale.z * g.z + b.z, (v.w - mean.w) * scale.w * g.w + b.w};
      const std::int64_t to = (std::int64_t{block} * height + y_at) * width + x_at;
      StoreFour(y + to * 16 + four, Active(value, alpha));
    });
  }
};

struct Spade : SpadeOf<true> {};
struct Scale : SpadeOf<false> {};

}  // namespace kdtalker::cuda
