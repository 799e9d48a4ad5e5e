// Blocked halves [blocks, depth, height, width, 16] to channels of floats, one index for each cell of a
// block.
#pragma once

#include "kernels/plan/to_blocks.h"

namespace kdtalker::kernels::plan {

struct FromBlocks {
  float* out;
  const Half* in;
  Places places;  // [channels, depth, height, width]
  Strides out_strides;

  KDT_HOST_DEVICE std::int64_t cells() const { return places.count() / places.lengths[0]; }
  KDT_HOST_DEVICE std::int64_t count() const { return (places.lengths[0] + kLanes - 1) / kLanes * cells(); }

  KDT_HOST_DEVICE void operator()(std::int64_t i) const {
    const std::int64_t first = i / cells() * kLanes;
    const Place cell(places, i % cells());
    float* to = out + cell.In(places, out_strides);
    for (std::int64_t lane = 0; lane < kLanes && first + lane < places.lengths[0]; lane++)
      to[(first + lane) * out_strides.of[0]] = FloatOf(in[i * kLanes + lane]);
  }
};

}  // namespace kdtalker::kernels::plan
