// Converts raw values to the denoiser's units, (x - mean) / std, with the same statistics for every row.
// Trap: some standard deviations are near 1e-6, so divide, as the reference does; a stored reciprocal gives
// other values.
#pragma once

#include "kernels/kernel.h"
#include "kernels/motion.h"

namespace kdtalker::kernels {

struct Normalise {
  const float* raw;   // [rows, width]
  const float* mean;  // [width]
  const float* std;   // [width]
  float* out;         // [rows, width]; may be raw
  std::int64_t rows;
  std::int64_t width;

  KDT_HOST_DEVICE std::int64_t count() const { return rows * width; }

  KDT_HOST_DEVICE void operator()(std::int64_t i) const {
    const std::int64_t column = i % width;
    out[i] = (raw[i] - mean[column]) / std[column];
  }
};

// Converts canonical keypoints to the denoiser's canonical token: seven zeros, then the normalised keypoints.
struct CanonicalToken {
  const float* keypoints;  // [21, 3], raw
  const float* mean;       // [63], of the keypoints
  const float* std;        // [63]
  float* out;              // [70]

  KDT_HOST_DEVICE std::int64_t count() const { return kMotionSize; }

  KDT_HOST_DEVICE void operator()(std::int64_t i) const {
    const std::int64_t k = i - kExpression;
    out[i] = k < 0 ? 0.0F : (keypoints[k] - mean[k]) / std[k];
  }
};

}  // namespace kdtalker::kernels
