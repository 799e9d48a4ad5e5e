// Channels of floats to blocked halves [blocks, depth, height, width, 16], one index for each cell of a
// block. Lanes without a channel are zeros.
#pragma once

#include "kernels/half.h"
#include "kernels/plan/places.h"

namespace kdtalker::kernels::plan {

inline constexpr std::int64_t kLanes = 16;

struct ToBlocks {
  Half* out;
  const float* in;
  Places places;  // [channels, depth, height, width]
  Strides in_strides;

  KDT_HOST_DEVICE std::int64_t cells() const { return places.count() / places.lengths[0]; }
  KDT_HOST_DEVICE std::int64_t count() const { return (places.lengths[0] + kLanes - 1) / kLanes * cells(); }

  KDT_HOST_DEVICE void operator()(std::int64_t i) const {
    const std::int64_t first = i / cells() * kLanes;
    const Place cell(places, i % cells());
    const float* from = in + cell.In(places, in_strides);
    for (std::int64_t lane = 0; lane < kLanes; lane++) {
      const bool there = first + lane < places.lengths[0];
      out[i * kLanes + lane] = HalfOf(there ? from[(first + lane) * in_strides.of[0]] : 0.0F);
    }
  }
};

}  // namespace kdtalker::kernels::plan
