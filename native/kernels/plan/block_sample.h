// A volume sampled at a field of places, of blocked halves; the depths of the field become channels, channel
// by channel of the volume. Places and weights are float32: a half is too coarse for a place among 64 cells.
// One index for half the lanes of a cell of a block of results. On a GPU the threads of a block share a
// cell's weights: cuda/kernels/sample_volume.h.
#pragma once

#include "kernels/plan/motion_field.h"

namespace kdtalker::kernels::plan {

// The most channels times depths of a cell.
inline constexpr std::int64_t kMostSampled = 512;

struct BlockSample {
  Half* out;            // [out_blocks, height, width, 16]
  Volume volume;        // of `blocks` blocks
  const float* places;  // [depth, height, width, 3], in x, y, z of -1..1
  std::int64_t blocks, out_blocks, depth, height, width;

  KDT_HOST_DEVICE std::int64_t count() const { return 2 * out_blocks * height * width; }

  KDT_HOST_DEVICE void operator()(std::int64_t i) const {
    const std::int64_t cells = height * width, cell = i / 2 % cells;
    float values[kEight] = {};
    for (std::int64_t lane = 0; lane < kEight; lane++) {
      const std::int64_t n = i / 2 / cells * kLanes + i % 2 * kEight + lane, channel = n / depth;
      const float* at = places + 3 * (n % depth * cells + cell);
      const Half* from = volume.halves + channel / kLanes * volume.cells() * kLanes + channel % kLanes;
      volume.ForEachAround({at[0], at[1], at[2]}, [&](int around, float weight) {
        values[lane] += weight * FloatOf(from[std::int64_t{around} * kLanes]);
      });
    }
    StoreEight(out + i * kEight, values);
  }
};

}  // namespace kdtalker::kernels::plan
