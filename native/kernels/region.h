// What a region leaves out (docs/model.md 14): numbers of the motion outside of it do not follow the driver
// but rest, so that all edits and modes after it need to know nothing of regions. In absolute mode the
// resting frame is the portrait's own motion; in relative mode it is the clip's first frame, whose change is
// none.
#pragma once

#include "kernels/kernel.h"
#include "kernels/motion.h"

namespace kdtalker::kernels {

// Which of the 70 numbers of a frame are meant, 1 or 0 each. By value: it travels with the launch.
struct MotionMask {
  std::uint8_t of[kMotionSize];
};

struct TakeRegion {
  float* motion;      // [N, 70], smoothed; in place
  const float* rest;  // [70]
  std::int64_t first;
  std::int64_t last;
  MotionMask takes;

  KDT_HOST_DEVICE std::int64_t count() const { return (last - first) * kMotionSize; }

  KDT_HOST_DEVICE void operator()(std::int64_t i) const {
    const std::int64_t c = i % kMotionSize;
    if (takes.of[c] == 0) motion[first * kMotionSize + i] = rest[c];
  }
};

}  // namespace kdtalker::kernels
