#include "kernels/ddim.h"

#include <doctest/doctest.h>

#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include "core/error.h"
#include "golden.h"
#include "launch.h"
#include "stages/scheduler.h"

namespace {

using kdtalker::kernels::DdimStep;
using kdtalker::stages::SamplingMethod;
using kdtalker::stages::Scheduler;
using kdtalker::stages::Step;

// Error relative to the largest value of the same step of the trajectory.
double TrajectoryError(const std::vector<float>& x, const float* wanted) {
  double error = 0, largest = 0;
  for (std::size_t i = 0; i < x.size(); i++) {
    error = std::max(error, std::abs(static_cast<double>(x[i]) - static_cast<double>(wanted[i])));
    largest = std::max(largest, std::abs(static_cast<double>(wanted[i])));
  }
  return error / largest;
}

}  // namespace

TEST_CASE("alphas_cumprod has the golden bits") {
  const std::vector<float> wanted = golden::File("ddim_1").Floats("alphas_cumprod");
  CHECK(Scheduler().alphas_cumprod() == wanted);
}

TEST_CASE("DDIM follows the golden trajectories") {
  for (const int steps : {1, 5, 10, 50}) {
    const golden::File file("ddim_" + std::to_string(steps));
    const auto timesteps = file.Read<std::int64_t>("timesteps");
    const std::vector<float> eps = file.Floats("eps"), trajectory = file.Floats("trajectory");
    std::vector<float> x = file.Floats("noise");
    const std::vector<Step> plan = Scheduler().Plan(steps);
    REQUIRE(plan.size() == timesteps.size());
    double worst = 0;
    for (std::size_t k = 0; k < plan.size(); k++) {
      CHECK(plan[k].timestep == timesteps[k]);
      CHECK_FALSE(plan[k].needs_noise());
      Run(DdimStep{x.data(), eps.data() + k * x.size(), nullptr, static_cast<std::int64_t>(x.size()),
                   plan[k].coefficients});
      worst = std::max(worst, TrajectoryError(x, trajectory.data() + (k + 1) * x.size()));
    }
    MESSAGE("ddim_" << steps << ": largest relative error " << worst << ", allowed 1e-5");
    CHECK(worst <= 1e-5);
  }
}

TEST_CASE("DDPM is the posterior of the paper's equation 4") {
  const Scheduler scheduler;
  const std::vector<Step> plan = scheduler.Plan(50, SamplingMethod::kDdpm);
  for (std::size_t k = 0; k < plan.size(); k++) {
    const double a =
        static_cast<double>(scheduler.alphas_cumprod()[static_cast<std::size_t>(plan[k].timestep)]);
    const double next =
        k + 1 == plan.size()
            ? 1.0
            : static_cast<double>(scheduler.alphas_cumprod()[static_cast<std::size_t>(plan[k + 1].timestep)]);
    const double alpha = a / next, beta = 1 - alpha;
    const double deviation = std::sqrt((1 - next) / (1 - a) * beta);
    const double x0 = 0.7, e0 = -0.4, z0 = 1.3;
    const double wanted = (x0 - beta / std::sqrt(1 - a) * e0) / std::sqrt(alpha) + deviation * z0;
    float x = 0.7F;
    const float e = -0.4F, z = 1.3F;
    Run(DdimStep{&x, &e, &z, 1, plan[k].coefficients});
    CHECK(static_cast<double>(x) == doctest::Approx(wanted).epsilon(2e-6));
  }
  CHECK_FALSE(plan.back().needs_noise());
}

TEST_CASE("eta goes from DDIM to DDPM and keeps the variance") {
  const Scheduler scheduler;
  const std::vector<Step> none = scheduler.Plan(20), half = scheduler.Plan(20, SamplingMethod::kDdim, 0.5),
                          full = scheduler.Plan(20, SamplingMethod::kDdim, 1.0),
                          ddpm = scheduler.Plan(20, SamplingMethod::kDdpm, 0.25);
  for (std::size_t k = 0; k < full.size(); k++) {
    CHECK(half[k].coefficients.sigma == doctest::Approx(0.5F * full[k].coefficients.sigma));
    CHECK(full[k].coefficients.sigma == ddpm[k].coefficients.sigma);
    CHECK(full[k].coefficients.direction == ddpm[k].coefficients.direction);
    const float sigma = half[k].coefficients.sigma, direction = half[k].coefficients.direction;
    CHECK(sigma * sigma + direction * direction ==
          doctest::Approx(none[k].coefficients.direction * none[k].coefficients.direction));
  }
}

TEST_CASE("any number of steps is planned with the floor of the stride") {
  const Scheduler scheduler;
  CHECK(scheduler.Plan(7).front().timestep == 6 * 142);
  CHECK(scheduler.Plan(1000).front().timestep == 999);
  CHECK(scheduler.Plan(600).front().timestep == 599);
  for (const std::int64_t steps : {-1, 0, 1001}) CHECK_THROWS_AS(scheduler.Plan(steps), kdtalker::Error);
  for (const double eta : {-0.1, 1.1, std::nan("")}) {
    CHECK_THROWS_AS(scheduler.Plan(10, SamplingMethod::kDdim, eta), kdtalker::Error);
  }
}
