// Mean and 1 / deviation of every channel over its cells, of blocked halves [blocks, cells, 16] to floats
// [blocks, 2, 16], one index for each block. On a GPU the threads of a block share it: cuda/kernels/stats.h.
#pragma once

#include <cmath>

#include "kernels/plan/to_blocks.h"

namespace kdtalker::kernels::plan {

struct BlockStatistics {
  float* out;
  const Half* in;
  std::int64_t blocks, cells;
  float epsilon;

  KDT_HOST_DEVICE std::int64_t count() const { return blocks; }

  KDT_HOST_DEVICE void operator()(std::int64_t block) const {
    for (std::int64_t lane = 0; lane < kLanes; lane++) {
      const Half* from = in + block * cells * kLanes + lane;
      double sum = 0.0, squares = 0.0;
      for (std::int64_t cell = 0; cell < cells; cell++) sum += FloatOf(from[cell * kLanes]);
      const double mean = sum / static_cast<double>(cells);
      for (std::int64_t cell = 0; cell < cells; cell++) {
        const double off = FloatOf(from[cell * kLanes]) - mean;
        squares += off * off;
      }
      out[block * 2 * kLanes + lane] = static_cast<float>(mean);
      out[(block * 2 + 1) * kLanes + lane] =
          static_cast<float>(1.0 / std::sqrt(squares / static_cast<double>(cells) + epsilon));
    }
  }
};

}  // namespace kdtalker::kernels::plan
