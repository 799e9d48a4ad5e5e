#pragma once

#include <cstdint>
#include <vector>

#include "kernels/ddim.h"

namespace kdtalker::stages {

enum class SamplingMethod { kDdim, kDdpm };

// One denoising step: call the denoiser with `timestep`, then launch kernels::DdimStep with `coefficients`.
struct Step {
  std::int64_t timestep;
  kernels::DdimCoefficients coefficients;
  bool needs_noise() const { return coefficients.sigma != 0.0F; }
};

// The noise schedule a pack was trained with: beta linear from beta_start to beta_end (docs/model.md 7).
class Scheduler {
 public:
  explicit Scheduler(std::int64_t train_timesteps = 1000, float beta_start = 1e-5F, float beta_end = 8e-3F);

  // The steps in the order of execution, timesteps k * floor(train_timesteps / steps) for k = steps-1..0. eta
  // is the share of fresh noise, 0..1; DDPM ignores it and uses 1. Throws Error INVALID_ARGUMENT.
  std::vector<Step> Plan(std::int64_t steps, SamplingMethod method = SamplingMethod::kDdim,
                         double eta = 0.0) const;

  // alpha_bar of every training timestep.
  const std::vector<float>& alphas_cumprod() const { return alphas_cumprod_; }

 private:
  std::vector<float> alphas_cumprod_;
};

}  // namespace kdtalker::stages
