// Blocked halves times a number for each cell, to blocked halves. One index for half the lanes of a cell of a
// block.
#pragma once

#include "kernels/plan/wide.h"

namespace kdtalker::kernels::plan {

struct BlockMasked {
  Half* out;
  const Half* in;     // [blocks, cells, 16]
  const float* mask;  // [cells]
  std::int64_t blocks, cells;

  KDT_HOST_DEVICE std::int64_t count() const { return 2 * blocks * cells; }

  KDT_HOST_DEVICE void operator()(std::int64_t i) const {
    const float factor = mask[i / 2 % cells];
    float values[kEight];
    LoadEight(in + i * kEight, values);
    for (float& value : values) value *= factor;
    StoreEight(out + i * kEight, values);
  }
};

}  // namespace kdtalker::kernels::plan
