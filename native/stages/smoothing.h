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
  // `most`: it looks no further ahead, for less exact values that are ready earlier: with the published
  // variances 1.9 % of a step with 0 frames, 0.04 % with 1, 7e-6 with 2.
  Smoothing(double process, double observation, double strength = 1.0,
            std::int32_t most = kernels::kSmoothMaxLag);

  // The number of frames to look ahead, so that later frames weigh less than 1e-9; at most
  // kernels::kSmoothMaxLag, which a strength of about 180 reaches with the published variances.
  std::int32_t lag() const { return lag_; }

  // The number of frames, from the clip's first, that are final when `known` of its `total` raw frames are.
  std::int64_t FinalFrames(std::int64_t known, std::int64_t total) const;

  // Finishes frames [first, last) of a clip: last = FinalFrames(known, total). Calls go in order from first =
  // 0. `raw` and `out` are [rows, 70], `state` [states, 70], all on the device.
  kernels::SmoothMotion Kernel(const float* raw, float* out, kernels::SmoothState* state, std::int64_t first,
                               std::int64_t last, std::int64_t known,
                               std::int64_t rows = kernels::kEveryFrame, std::int64_t states = 1) const;

 private:
  double process_;
  double observation_;
  std::int32_t lag_;
};

}  // namespace kdtalker::stages
