// Mean and 1 / deviation of every channel (block_statistics.h) from the moments of a picture's parts, one
// index for each block. On a GPU the threads of a block share it: cuda/kernels/stats.h.
#pragma once

#include <cmath>

#include "kernels/plan/moments.h"

namespace kdtalker::kernels::plan {

struct BlockStatisticsEnd {
  float* out;            // [blocks, 2, 16]
  const float* moments;  // [blocks, parts, 2, 16]
  PictureParts parts;
  std::int64_t blocks;
  float epsilon;

  KDT_HOST_DEVICE std::int64_t count() const { return blocks; }

  KDT_HOST_DEVICE void operator()(std::int64_t block) const {
    const auto cells = static_cast<double>(parts.height * parts.width);
    for (std::int64_t lane = 0; lane < kLanes; lane++) {
      const float* of = moments + block * parts.count() * kMoments + lane;
      double sum = 0.0, squares = 0.0;
      for (std::int64_t part = 0; part < parts.count(); part++)
        sum += static_cast<double>(parts.CellsOf(part)) * of[part * kMoments];
      const double mean = sum / cells;
      for (std::int64_t part = 0; part < parts.count(); part++) {
        const double off = of[part * kMoments] - mean;
        squares += of[part * kMoments + kLanes] + static_cast<double>(parts.CellsOf(part)) * off * off;
      }
      out[block * 2 * kLanes + lane] = static_cast<float>(mean);
      out[(block * 2 + 1) * kLanes + lane] = static_cast<float>(1.0 / std::sqrt(squares / cells + epsilon));
    }
  }
};

}  // namespace kdtalker::kernels::plan
