// Applies the silence gate: moves numbers of the motion toward their resting values in proportion to the
// gate's closing. Frames with an open gate keep every bit.
#pragma once

#include "kernels/kernel.h"
#include "kernels/motion.h"
#include "kernels/region.h"

namespace kdtalker::kernels {

struct RestLips {
  float* motion;      // [rows, 70], smoothed; in place
  const float* rest;  // [70], as TakeRegion's
  const float* gate;  // [rows], 1 open, 0 shut
  std::int64_t first;
  std::int64_t last;
  MotionMask lips;
  std::int64_t rows = kEveryFrame;

  KDT_HOST_DEVICE std::int64_t count() const { return (last - first) * kMotionSize; }

  KDT_HOST_DEVICE void operator()(std::int64_t i) const {
    const std::int64_t row = (first + i / kMotionSize) % rows;
    const std::int64_t c = i % kMotionSize;
    const std::int64_t at = row * kMotionSize + c;
    const float open = gate[row];
    if (lips.of[c] == 0 || open >= 1.0F) return;
    motion[at] = rest[c] + open * (motion[at] - rest[c]);
  }
};

}  // namespace kdtalker::kernels
