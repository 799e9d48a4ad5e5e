// The denoiser's timestep input, written on the device so that a step of the sampler uploads nothing.
#pragma once

#include "kernels/kernel.h"

namespace kdtalker::kernels {

struct SetTimestep {
  std::int64_t* out;  // [1]
  std::int64_t timestep;

  KDT_HOST_DEVICE std::int64_t count() const { return 1; }
  KDT_HOST_DEVICE void operator()(std::int64_t) const { *out = timestep; }
};

}  // namespace kdtalker::kernels
