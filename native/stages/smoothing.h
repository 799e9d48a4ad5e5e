#pragma once

#include <cstdint>

#include "kernels/smooth.h"

namespace kdtalker::stages {

// Host side of kernels::SmoothMotion: computes how far it looks ahead and which frames are final.
class Smoothing {
 public:
  // Variances are the pack's (pack.json sampler.smoothing); strength multiplies that of the observation, and
  // 0 turns smoothing off. Throws Error INVALID_ARGUMENT if process is at most 0 or another argument is
  // negative or infinite.
  Smoothing(double process, double observation, double strength = 1.0);

  // The number of frames to look ahead, so that later frames weigh less than 1e-9; at most
  // kernels::kSmoothMaxLag, which a strength of about 180 reaches with the published variances.
  std::int32_t lag() const { return lag_; }

  // The number of frames, from the clip's first, that are final when `known` of its `total` raw frames are.
  std::int64_t FinalFrames(std::int64_t known, std::int64_t total) const;

  // Finishes frames [first, last) of a clip: last = FinalFrames(known, total). Calls go in order from first =
  // 0. `raw` and `out` are [total, 70], `state` [70], all on the device.
  kernels::SmoothMotion Kernel(const float* raw, float* out, kernels::SmoothState* state, std::int64_t first,
                               std::int64_t last, std::int64_t known) const;

 private:
  double process_;
  double observation_;
  std::int32_t lag_;
};

}  // namespace kdtalker::stages
