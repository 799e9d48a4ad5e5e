// The denoiser's units to raw values, x * std + mean, with statistics of one row repeated for every row.
// Trap: the product is rounded before the sum; a fused multiply-add gives other last bits than the reference.
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
