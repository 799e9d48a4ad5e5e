// A convolution to one channel, a sigmoid after it, from products with each of its taps, which lie as lanes
// (block_sums.h, of a kernel of one cell): every cell adds up those of the cells around it. To floats
// [height, width], one index for each cell.
#pragma once

#include <cmath>

#include "kernels/plan/to_blocks.h"

namespace kdtalker::kernels::plan {

struct BlockOcclusion {
  float* out;
  const float* sums;  // [parts, blocks, height, width, 16]
  const float* bias;  // [1]
  std::int64_t parts, side, height, width;

  KDT_HOST_DEVICE std::int64_t blocks() const { return (side * side + kLanes - 1) / kLanes; }
  KDT_HOST_DEVICE std::int64_t count() const { return height * width; }

  KDT_HOST_DEVICE void operator()(std::int64_t i) const {
    const std::int64_t y = i / width, x = i % width;
    float sum = bias[0];
    for (std::int64_t tap = 0; tap < side * side; tap++) {
      const std::int64_t row = y + tap / side - side / 2, column = x + tap % side - side / 2;
      if (row < 0 || row >= height || column < 0 || column >= width) continue;
      const std::int64_t at = ((tap / kLanes * height + row) * width + column) * kLanes + tap % kLanes;
      for (std::int64_t part = 0; part < parts; part++) sum += sums[part * blocks() * count() * kLanes + at];
    }
    out[i] = 1.0F / (1.0F + std::exp(-sum));
  }
};

}  // namespace kdtalker::kernels::plan
