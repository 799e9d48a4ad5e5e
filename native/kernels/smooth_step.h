#pragma once

#include "kernels/kernel.h"

namespace kdtalker::kernels {

// A smooth step from 0 at 0 to 1 at `length`, with slope 0 at both ends.
KDT_HOST_DEVICE float SmoothStep(std::int64_t at, std::int64_t length) {
  if (at <= 0) return 0.0F;
  if (at >= length) return 1.0F;
  const float x = static_cast<float>(at) / static_cast<float>(length);
  return x * x * (3.0F - 2.0F * x);
}

}  // namespace kdtalker::kernels
