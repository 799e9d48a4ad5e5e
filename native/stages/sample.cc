#include "stages/sample.h"

#include <utility>

#include "core/error.h"
#include "core/launch.h"
#include "kernels/ddim.h"
#include "kernels/motion.h"
#include "kernels/normal.h"
#include "kernels/set_timestep.h"

namespace kdtalker::stages {
namespace {

using kernels::NoisePurpose;

// One row for each step, [steps, c]: the part of the denoiser's condition that is the same for all windows.
Tensor MakeTimes(const Network& network, const std::vector<Step>& plan,
                 const std::shared_ptr<Device>& device) {
  const auto steps = static_cast<std::int64_t>(plan.size());
  const Tensor timesteps(device, Type::kInt64, {steps});
  for (std::int64_t i = 0; i < steps; i++) {
    Launch(*device, kernels::SetTimestep{timesteps.i64() + i, plan[static_cast<std::size_t>(i)].timestep});
  }
  Tensor times(device, Type::kFloat32, {steps, network.output("time").dims.back()});
  NetworkRun(network).Input("timestep", timesteps).Output("time", times).Run(StopToken());
  return times;
}

}  // namespace

Sample::Sample(const std::map<std::string, Network>& networks, std::vector<Step> plan, const Tensor& features,
               const Tensor& canonical, const Tensor& reference)
    : plan_(std::move(plan)),
      reference_(reference),
      x_(features.shared_device(), Type::kFloat32, {1, features.dims()[1], kernels::kMotionSize}),
      noise_(x_.shared_device(), Type::kFloat32, x_.dims()),
      fresh_(x_.shared_device(), Type::kFloat32, x_.dims()),
      denoiser_(RoleOf(networks, "denoiser")) {
  denoiser_.Input("x", x_).Input("canonical", canonical).Input("reference", reference);
  denoiser_.Output("noise", noise_);
  if (networks.count("condition") != 0) {
    BindCondition(RoleOf(networks, "condition"), RoleOf(networks, "time"), features);
  } else {
    timestep_ = Tensor(x_.shared_device(), Type::kInt64, {1});
    denoiser_.Input("timestep", timestep_).Input("audio", features);
  }
}

void Sample::BindCondition(const Network& condition, const Network& time, const Tensor& features) {
  const auto& device = features.shared_device();
  times_ = MakeTimes(time, plan_, device);
  time_ = Tensor(device, Type::kFloat32, {1, times_.dims()[1]});
  given_ = Tensor(device, Type::kFloat32, {1, features.dims()[1], condition.output("condition").dims.back()});
  condition_.emplace(condition).Input("audio", features).Output("condition", given_);
  denoiser_.Input("condition", given_).Input("time", time_);
}

// Sets the denoiser's inputs that depend on the step.
void Sample::SetStep(std::size_t step) const {
  const Device& device = x_.device();
  if (timestep_) {
    Launch(device, kernels::SetTimestep{timestep_.i64(), plan_[step].timestep});
  } else {
    time_.device().Copy(time_.address(), times_.f32() + static_cast<std::int64_t>(step) * time_.count(),
                        time_.bytes());
  }
}

void Sample::FillNoise(const Device& device, float* out, std::int64_t count, std::uint64_t seed,
                       std::uint32_t window) {
  Launch(device, kernels::FillNormal{out, count, seed, window, 0, NoisePurpose::kInitial});
}

void Sample::Run(std::uint64_t seed, std::uint32_t window, const StopToken& stop, const float* noise) {
  Device& device = x_.device();
  if (noise != nullptr) {
    device.Copy(x_.address(), noise, x_.bytes());
  } else {
    FillNoise(device, x_.f32(), x_.count(), seed, window);
  }
  if (condition_) condition_->Run(stop);
  for (std::size_t i = 0; i < plan_.size(); i++) {
    const Step& step = plan_[i];
    SetStep(i);
    denoiser_.Run(stop);
    if (step.needs_noise()) {
      Launch(device, kernels::FillNormal{fresh_.f32(), fresh_.count(), seed, window,
                                         static_cast<std::uint32_t>(i), NoisePurpose::kStep});
    }
    Launch(device, kernels::DdimStep{x_.f32(), noise_.f32(), fresh_.f32(), x_.count(), step.coefficients});
  }
  const float* last = x_.f32() + x_.count() - kernels::kMotionSize;
  device.Copy(reference_.address(), last, reference_.bytes());
}

}  // namespace kdtalker::stages
