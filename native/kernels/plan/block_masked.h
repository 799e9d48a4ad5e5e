// Blocked halves times a number for each cell, to channels of floats [channels, cells]. One index for half
// the lanes of a cell of a block; neighbours are cells, which are neighbours in what is written.
#pragma once

#include "kernels/plan/wide.h"

namespace kdtalker::kernels::plan {

struct BlockMasked {
  float* out;
  const Half* in;     // [blocks, cells, 16]
  const float* mask;  // [cells]
  std::int64_t channels, cells;

  KDT_HOST_DEVICE std::int64_t count() const { return (channels + kEight - 1) / kEight * cells; }

  KDT_HOST_DEVICE void operator()(std::int64_t i) const {
    const std::int64_t first = i / cells * kEight, cell = i % cells;
    const float factor = mask[cell];
    float values[kEight];
    LoadEight(in + (first / kLanes * cells + cell) * kLanes + first % kLanes, values);
    for (int lane = 0; lane < kEight; lane++) {
      if (first + lane < channels) out[(first + lane) * cells + cell] = values[lane] * factor;
    }
  }
};

}  // namespace kdtalker::kernels::plan
