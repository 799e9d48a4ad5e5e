// The end of a convolution of kernel 3 over cells that are repeated `factor` times along y and x, from
// products of the cells with each of its nine taps: every cell of the result adds up the nine that it sees, a
// bias, and has an activation of what is below zero. Of blocked halves; one index for half the lanes of a
// cell of a block.
#pragma once

#include "kernels/plan/wide.h"

namespace kdtalker::kernels::plan {

struct BlockNine {
  Half* out;       // [out_blocks, factor height, factor width, 16]
  const Half* in;  // [9 out_blocks, height, width, 16], tap by tap
  const float* bias;
  std::int64_t out_blocks, factor, height, width;  // of the cells that are repeated
  float alpha;

  KDT_HOST_DEVICE std::int64_t count() const { return 2 * out_blocks * height * width * factor * factor; }

  KDT_HOST_DEVICE void operator()(std::int64_t i) const {
    const std::int64_t half = i % 2 * kEight, x = i / 2 % (factor * width), rows = i / 2 / (factor * width);
    const std::int64_t y = rows % (factor * height), block = rows / (factor * height);
    float sums[kEight];
    LoadEight(bias + block * kLanes + half, sums);
    for (std::int64_t tap = 0; tap < 9; tap++) {
      // One cell further, so that the quotient is rounded down before the first one too.
      const std::int64_t row = (y + tap / 3 - 1 + factor) / factor - 1,
                         column = (x + tap % 3 - 1 + factor) / factor - 1;
      if (row < 0 || row >= height || column < 0 || column >= width) continue;
      const std::int64_t cell = ((tap * out_blocks + block) * height + row) * width + column;
      float values[kEight];
      LoadEight(in + cell * kLanes + half, values);
      for (int lane = 0; lane < kEight; lane++) sums[lane] += values[lane];
    }
    for (float& sum : sums) sum = sum < 0.0F ? sum * alpha : sum;
    StoreEight(out + i * kEight, sums);
  }
};

}  // namespace kdtalker::kernels::plan
