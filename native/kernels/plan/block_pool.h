// The mean of two by two cells of the last axes of blocked halves, one index for each cell of the result.
#pragma once

#include "kernels/plan/to_blocks.h"

namespace kdtalker::kernels::plan {

struct BlockPool {
  Half* out;
  const Half* in;                      // [planes, 2 height, 2 width, 16]
  std::int64_t planes, height, width;  // of the result

  KDT_HOST_DEVICE std::int64_t count() const { return planes * height * width; }

  KDT_HOST_DEVICE void operator()(std::int64_t i) const {
    const std::int64_t x = i % width, row = i / width;  // the rows of all planes
    const Half* from = in + (2 * row * 2 * width + 2 * x) * kLanes;
    for (std::int64_t lane = 0; lane < kLanes; lane++) {
      const Half* above = from + lane;
      const Half* below = above + 2 * width * kLanes;
      const float sum =
          FloatOf(above[0]) + FloatOf(above[kLanes]) + FloatOf(below[0]) + FloatOf(below[kLanes]);
      out[i * kLanes + lane] = HalfOf(0.25F * sum);
    }
  }
};

}  // namespace kdtalker::kernels::plan
