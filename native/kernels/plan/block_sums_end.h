// The end of a convolution whose sums were made in parts (block_sums.h): adds the parts in their order, a
// bias, and an activation of what is below zero. To blocked halves, one index for half the lanes of a cell of
// a block.
#pragma once

#include "kernels/plan/wide.h"

namespace kdtalker::kernels::plan {

struct BlockSumsEnd {
  Half* out;          // [out_blocks, depth, factor height, factor width, 16]
  const float* sums;  // [parts, factor factor, out_blocks, depth, height, width, 16]
  const float* bias;  // [16 out_blocks]
  std::int64_t parts, factor, out_blocks, depth, height, width;
  float alpha;

  KDT_HOST_DEVICE std::int64_t count() const {
    return 2 * out_blocks * depth * height * width * factor * factor;
  }

  KDT_HOST_DEVICE void operator()(std::int64_t i) const {
    const std::int64_t half = i % 2 * kEight, x = i / 2 % (factor * width), rows = i / 2 / (factor * width);
    const std::int64_t y = rows % (factor * height), plane = rows / (factor * height);
    const std::int64_t all = out_blocks * depth * height * width, place = y % factor * factor + x % factor;
    const std::int64_t cell = (plane * height + y / factor) * width + x / factor;
    const float* from = sums + (place * all + cell) * kLanes + half;
    float values[kEight];
    LoadEight(bias + plane / depth * kLanes + half, values);
    for (std::int64_t part = 0; part < parts; part++) {
      float more[kEight];
      LoadEight(from + part * factor * factor * all * kLanes, more);
      for (int lane = 0; lane < kEight; lane++) values[lane] += more[lane];
    }
    for (float& value : values) value = value < 0.0F ? value * alpha : value;
    StoreEight(out + i * kEight, values);
  }
};

}  // namespace kdtalker::kernels::plan
