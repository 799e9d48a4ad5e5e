// Converts the denoiser's units to raw values, x * std + mean, with the same statistics for every row. Trap:
// the product is rounded before the sum; with a fused multiply-add, last bits differ from the reference.
#pragma once

#include "kernels/kernel.h"

namespace kdtalker::kernels {

struct Denormalise {
  const float* normalised;  // [rows, width]
  const float* mean;        // [width]
  const float* std;         // [width]
  float* out;               // [rows, width]; may be normalised
  std::int64_t rows;
  std::int64_t width;

  KDT_HOST_DEVICE std::int64_t count() const { return rows * width; }

  KDT_HOST_DEVICE void operator()(std::int64_t i) const {
    const std::int64_t column = i % width;
    out[i] = normalised[i] * std[column] + mean[column];
  }
};

}  // namespace kdtalker::kernels
