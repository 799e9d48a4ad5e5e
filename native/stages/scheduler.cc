#include "stages/scheduler.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "core/error.h"

namespace kdtalker::stages {
namespace {

// Evenly spaced floats, counted from the nearer end, each rounded once. The bits of alphas_cumprod depend on
// this rounding, which is the training code's.
std::vector<float> LinearBetas(std::int64_t count, float start, float end) {
  const float step = count > 1 ? (end - start) / static_cast<float>(count - 1) : 0.0F;
  std::vector<float> betas(static_cast<std::size_t>(count));
  for (std::int64_t i = 0; i < count; i++) {
    const bool near_start = i < count / 2;
    const double away = static_cast<double>(step) * static_cast<double>(near_start ? i : count - 1 - i);
    betas[static_cast<std::size_t>(i)] =
        static_cast<float>(near_start ? static_cast<double>(start) + away : static_cast<double>(end) - away);
  }
  return betas;
}

// a and next are alpha_bar of this step and of the next one. The variance of fresh noise at eta 1 equals that
// of the posterior q(x' | x, x0) (paper eq. 4 with alpha = a / next), so DDPM needs no separate formula.
kernels::DdimCoefficients Coefficients(double a, double next, double eta) {
  const double posterior = (1.0 - next) / (1.0 - a) * (1.0 - a / next);
  const double variance = eta * eta * posterior;
  kernels::DdimCoefficients result;
  result.sqrt_alpha = static_cast<float>(std::sqrt(a));
  result.sqrt_beta = static_cast<float>(std::sqrt(1.0 - a));
  result.sqrt_alpha_next = static_cast<float>(std::sqrt(next));
  result.direction = static_cast<float>(std::sqrt(std::max(0.0, 1.0 - next - variance)));
  result.sigma = static_cast<float>(std::sqrt(std::max(0.0, variance)));
  return result;
}

void Check(bool good, const std::string& expected, const std::string& received) {
  if (!good) throw Error("INVALID_ARGUMENT", "Expected " + expected + " but received " + received + ".");
}

}  // namespace

Scheduler::Scheduler(std::int64_t train_timesteps, float beta_start, float beta_end) {
  Check(train_timesteps >= 1, "at least 1 for trainTimesteps", std::to_string(train_timesteps));
  Check(beta_start > 0.0F && beta_start <= beta_end && beta_end < 1.0F,
        "0 < betaStart <= betaEnd < 1 for the sampler",
        std::to_string(beta_start) + " and " + std::to_string(beta_end));
  double product = 1.0;
  for (const float beta : LinearBetas(train_timesteps, beta_start, beta_end)) {
    product *= static_cast<double>(1.0F - beta);
    alphas_cumprod_.push_back(static_cast<float>(product));
  }
}

std::vector<Step> Scheduler::Plan(std::int64_t steps, SamplingMethod method, double eta) const {
  const auto trained = static_cast<std::int64_t>(alphas_cumprod_.size());
  Check(steps >= 1 && steps <= trained, "1 to " + std::to_string(trained) + " for steps",
        std::to_string(steps));
  Check(eta >= 0.0 && eta <= 1.0, "0 to 1 for eta", std::to_string(eta));
  const std::int64_t stride = trained / steps;
  std::vector<Step> plan;
  for (std::int64_t k = steps - 1; k >= 0; k--) {
    const double a = static_cast<double>(alphas_cumprod_[static_cast<std::size_t>(k * stride)]);
    const double next =
        k == 0 ? 1.0 : static_cast<double>(alphas_cumprod_[static_cast<std::size_t>((k - 1) * stride)]);
    plan.push_back({k * stride, Coefficients(a, next, method == SamplingMethod::kDdpm ? 1.0 : eta)});
  }
  return plan;
}

}  // namespace kdtalker::stages
