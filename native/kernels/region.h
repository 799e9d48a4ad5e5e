// Replaces numbers of the motion outside a region with resting values (docs/model.md 14), so that later edits
// and modes do not depend on regions. In absolute mode the resting frame is the portrait's own motion; in
// relative mode it is the clip's first frame, with difference 0.
#pragma once

#include "kernels/kernel.h"
#include "kernels/motion.h"

namespace kdtalker::kernels {

// The selected numbers of a frame's 70, 1 or 0 each. Passed by value: needs no separate copy to the device.
struct MotionMask {
  std::uint8_t of[kMotionSize];
};

struct TakeRegion {
  float* motion;      // [rows, 70], smoothed; in place
  const float* rest;  // [70]
  std::int64_t first;
  std::int64_t last;
  MotionMask takes;
  std::int64_t rows = kEveryFrame;

  KDT_HOST_DEVICE std::int64_t count() const { return (last - first) * kMotionSize; }

  KDT_HOST_DEVICE void operator()(std::int64_t i) const {
    const std::int64_t c = i % kMotionSize;
    if (takes.of[c] == 0) motion[(first + i / kMotionSize) % rows * kMotionSize + c] = rest[c];
  }
};

}  // namespace kdtalker::kernels
