// One step of the sampler, for DDIM of any eta and for DDPM (which is eta 1; docs/model.md 7):
//   x' = sqrt(a') (x - sqrt(1-a) e) / sqrt(a) + sqrt(1 - a' - sigma^2) e + sigma z
// x and e are [n, 70]; works in place. Trap: keep this order of operations; the golden trajectories depend on
// it.
#pragma once

#include "kernels/kernel.h"

namespace kdtalker::kernels {

// They depend only on the timestep and eta; stages::Scheduler computes them.
struct DdimCoefficients {
  float sqrt_alpha;       // sqrt(a)
  float sqrt_beta;        // sqrt(1 - a)
  float sqrt_alpha_next;  // sqrt(a')
  float direction;        // sqrt(1 - a' - sigma^2)
  float sigma;            // 0: noise is not read
};

struct DdimStep {
  float* x;                 // [length], updated in place
  const float* prediction;  // [length], the denoiser's output
  const float* noise;       // [length], fresh normals; may be null if sigma is 0
  std::int64_t length;
  DdimCoefficients by;

  KDT_HOST_DEVICE std::int64_t count() const { return length; }

  KDT_HOST_DEVICE void operator()(std::int64_t i) const {
    const float clean = (x[i] - by.sqrt_beta * prediction[i]) / by.sqrt_alpha;
    const float next = by.sqrt_alpha_next * clean + by.direction * prediction[i];
    x[i] = by.sigma != 0.0F ? next + by.sigma * noise[i] : next;
  }
};

}  // namespace kdtalker::kernels
