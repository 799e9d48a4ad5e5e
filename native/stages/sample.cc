#include "stages/sample.h"

#include <utility>

#include "core/error.h"
#include "kernels/ddim.h"
#include "kernels/motion.h"
#include "kernels/normal.h"
#include "kernels/set_timestep.h"

namespace kdtalker::stages {
namespace {

using kernels::NoisePurpose;

// One row for each step, [steps, c]: the part of the denoiser's condition that is the same for all windows.
Tensor MakeTimes(Stream& stream, const Network& network, const std::vector<Step>& plan) {
  const auto& device = stream.shared_device();
  const auto steps = static_cast<std::int64_t>(plan.size());
  const Tensor timesteps(device, Type::kInt64, {steps});
  for (std::int64_t i = 0; i < steps; i++) {
    stream.Launch(kernels::SetTimestep{timesteps.i64() + i, plan[static_cast<std::size_t>(i)].timestep});
  }
  Tensor times(device, Type::kFloat32, {steps, network.output("time").dims.back()});
  const StopToken stop;
  NetworkRun(network).Input("timestep", timesteps).Output("time", times).Run(stream, stop);
  return times;
}

}  // namespace

Sample::Sample(Stream& stream, const std::map<std::string, Network>& networks, std::vector<Step> plan,
               const Tensor& features, const Tensor& canonical, const Tensor& reference)
    : plan_(std::move(plan)),
      reference_(reference),
      x_(features.shared_device(), Type::kFloat32, {1, features.dims()[1], kernels::kMotionSize}),
      noise_(x_.shared_device(), Type::kFloat32, x_.dims()),
      fresh_(x_.shared_device(), Type::kFloat32, x_.dims()),
      key_(x_.shared_device(), Type::kInt64, {2}),
      denoiser_(RoleOf(networks, "denoiser")) {
  denoiser_.Input("x", x_).Input("canonical", canonical).Input("reference", reference);
  denoiser_.Output("noise", noise_);
  if (networks.count("condition") != 0) {
    BindCondition(stream, RoleOf(networks, "condition"), RoleOf(networks, "time"), features);
  } else {
    timestep_ = Tensor(x_.shared_device(), Type::kInt64, {1});
    denoiser_.Input("timestep", timestep_).Input("audio", features);
  }
}

void Sample::BindCondition(Stream& stream, const Network& condition, const Network& time,
                           const Tensor& features) {
  const auto& device = features.shared_device();
  times_ = MakeTimes(stream, time, plan_);
  time_ = Tensor(device, Type::kFloat32, {1, times_.dims()[1]});
  given_ = Tensor(device, Type::kFloat32, {1, features.dims()[1], condition.output("condition").dims.back()});
  condition_.emplace(condition).Input("audio", features).Output("condition", given_);
  denoiser_.Input("condition", given_).Input("time", time_);
}

// Sets the denoiser's inputs that depend on the step.
void Sample::SetStep(Stream& stream, std::size_t step) const {
  if (timestep_) {
    stream.Launch(kernels::SetTimestep{timestep_.i64(), plan_[step].timestep});
  } else {
    stream.Copy(time_.address(), times_.f32() + static_cast<std::int64_t>(step) * time_.count(),
                time_.bytes());
  }
}

void Sample::Hold(Stream& stream, kernels::HoldKnown held, const kernels::DdimCoefficients& step) const {
  held.x = x_.f32();
  held.sqrt_alpha = step.sqrt_alpha;
  held.sqrt_beta = step.sqrt_beta;
  stream.Launch(held);
}

void Sample::FillNoise(Stream& stream, float* out, std::int64_t count, std::uint64_t seed,
                       std::uint32_t window) {
  stream.Launch(kernels::FillNormal{out, count, seed, window, 0, NoisePurpose::kInitial});
}

void Sample::Run(Stream& stream, std::uint64_t seed, std::uint32_t window, const StopToken& stop,
                 const float* noise, const kernels::HoldKnown* held) {
  if (noise != nullptr) {
    stream.Copy(x_.address(), noise, x_.bytes());
  } else {
    FillNoise(stream, x_.f32(), x_.count(), seed, window);
  }
  stream.Launch(kernels::SetNoiseKey{key_.i64(), seed, window});
  stop.ThrowIfStopped();
  if (held != nullptr) return RunSteps(stream, stop, held);
  steps_.Run(stream, [&] { RunSteps(stream, stop, nullptr); });
}

// Nothing here may depend on the window, except what is held: a graph of these steps serves all windows.
void Sample::RunSteps(Stream& stream, const StopToken& stop, const kernels::HoldKnown* held) {
  if (condition_) condition_->Run(stream, stop);
  for (std::size_t i = 0; i < plan_.size(); i++) {
    const Step& step = plan_[i];
    SetStep(stream, i);
    if (held != nullptr) Hold(stream, *held, step.coefficients);
    denoiser_.Run(stream, stop);
    if (step.needs_noise()) {
      stream.Launch(
          kernels::FillStepNormal{fresh_.f32(), key_.i64(), fresh_.count(), static_cast<std::uint32_t>(i)});
    }
    stream.Launch(kernels::DdimStep{x_.f32(), noise_.f32(), fresh_.f32(), x_.count(), step.coefficients});
    stream.Pause();
  }
  const float* last = x_.f32() + x_.count() - kernels::kMotionSize;
  stream.Copy(reference_.address(), last, reference_.bytes());
}

}  // namespace kdtalker::stages
