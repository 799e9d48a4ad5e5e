#pragma once

#include <cstdint>

#include "kernels/smooth.h"

namespace kdtalker::stages {

// Host side of kernels::SmoothMotion: how far it looks ahead and which frames are final when.
class Smoothing {
 public:
  // Variances of the pack (pack.json sampler.smoothing); strength multiplies the observation's, 0 turns
  // smoothing off. Throws Error INVALID_ARGUMENT for a process of 0 or less or for negative or infinite
  // others.
  Smoothing(double process, double observation, double strength = 1.0);

  // Frames to look ahead so that what lies beyond weighs less than 1e-9; kernels::kSmoothMaxLag at most,
  // which is reached at a strength of about 180 with the published variances.
  std::int32_t lag() const { return lag_; }

  // How many frames from the clip's first are final once `known` of its `total` raw frames are.
  std::int64_t FinalFrames(std::int64_t known, std::int64_t total) const;

  // Finishes frames [first, last) of a clip: last = FinalFrames(known, total). Launch calls in order from
  // first = 0. `raw` and `out` are [total, 70], `state` [70], all on the device.
  kernels::SmoothMotion Kernel(const float* raw, float* out, kernels::SmoothState* state, std::int64_t first,
                               std::int64_t last, std::int64_t known) const;

 private:
  double process_;
  double observation_;
  std::int32_t lag_;
};

}  // namespace kdtalker::stages
