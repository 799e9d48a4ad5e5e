#include "stages/sample.h"

#include <utility>

#include "kernels/ddim.h"
#include "kernels/motion.h"
#include "kernels/normal.h"
#include "kernels/set_timestep.h"

namespace kdtalker::stages {
namespace {

using kernels::kMotionSize;
using kernels::NoisePurpose;
using Networks = std::map<std::string, Network>;

bool HasCondition(const Networks& networks) {
  return networks.count("condition") != 0;
}

Tensor MakeCondition(const std::shared_ptr<Device>& device, const Networks& networks, std::int64_t window) {
  if (!HasCondition(networks)) return {};
  const Slot& condition = RoleOf(networks, "condition").output("condition");
  return Tensor(device, Type::kFloat32, {1, window, condition.dims.back()});
}

}  // namespace

SampleSteps::SampleSteps(Stream& stream, const Networks& networks, std::vector<Step> steps)
    : steps_(std::move(steps)) {
  if (!HasCondition(networks)) return;
  const auto& device = stream.shared_device();
  const Network& network = RoleOf(networks, "time");
  const auto rows = static_cast<std::int64_t>(steps_.size());
  const Tensor timesteps(device, Type::kInt64, {rows});
  for (std::int64_t i = 0; i < rows; i++) {
    stream.Launch(kernels::SetTimestep{timesteps.i64() + i, steps_[static_cast<std::size_t>(i)].timestep});
  }
  times_ = Tensor(device, Type::kFloat32, {rows, network.output("time").dims.back()});
  const StopToken never;
  NetworkRun run(network);
  run.Input("timestep", timesteps).Output("time", times_).Run(stream, never);
  stream.Synchronise();  // other streams read it
}

Draft::Draft(const std::shared_ptr<Device>& device, const Networks& networks, std::int64_t window)
    : features(device, Type::kFloat32, {1, window, RoleOf(networks, "audio").output("feature").dims.back()}),
      canonical(device, Type::kFloat32, {1, kMotionSize}),
      reference(device, Type::kFloat32, {1, kMotionSize}),
      motion(device, Type::kFloat32, {1, window, kMotionSize}),
      key(device, Type::kInt64, {2}),
      condition(MakeCondition(device, networks, window)) {}

void Draft::FillNoise(Stream& stream, float* out, std::int64_t count, std::uint64_t seed,
                      std::uint32_t window) {
  stream.Launch(kernels::FillNormal{out, count, seed, window, 0, NoisePurpose::kInitial});
}

void Draft::Begin(Stream& stream, std::uint64_t seed, std::uint32_t window, const float* noise) const {
  if (noise != nullptr) {
    stream.Copy(motion.address(), noise, motion.bytes());
  } else {
    FillNoise(stream, motion.f32(), motion.count(), seed, window);
  }
  stream.Launch(kernels::SetNoiseKey{key.i64(), seed, window});
}

Sample::Sample(const Networks& networks, const Draft& like)
    : noise_(like.motion.shared_device(), Type::kFloat32, like.motion.dims()),
      fresh_(noise_.shared_device(), Type::kFloat32, noise_.dims()),
      denoiser_(RoleOf(networks, "denoiser")) {
  const auto& device = noise_.shared_device();
  denoiser_.Output("noise", noise_);
  if (HasCondition(networks)) {
    const std::int64_t width = RoleOf(networks, "time").output("time").dims.back();
    time_ = Tensor(device, Type::kFloat32, {1, width});
    denoiser_.Input("time", time_);
    condition_.emplace(RoleOf(networks, "condition"));
  } else {
    timestep_ = Tensor(device, Type::kInt64, {1});
    denoiser_.Input("timestep", timestep_);
  }
  Show(like);
}

void Sample::Show(const Draft& draft) {
  draft_ = &draft;
  denoiser_.Input("x", draft.motion).Input("canonical", draft.canonical).Input("reference", draft.reference);
  if (condition_) {
    condition_->Input("audio", draft.features).Output("condition", draft.condition);
    denoiser_.Input("condition", draft.condition);
  } else {
    denoiser_.Input("audio", draft.features);
  }
}

void Sample::Condition(Stream& stream, const StopToken& stop) {
  if (condition_) condition_->Run(stream, stop);
}

// Nothing here may depend on the window, except what is held: a graph of these steps serves all windows.
void Sample::Step(Stream& stream, const SampleSteps& steps, std::size_t step, const kernels::HoldKnown* held,
                  const StopToken& stop) {
  SetStep(stream, steps, step);
  const kernels::DdimCoefficients& coefficients = steps[step].coefficients;
  if (held != nullptr) Hold(stream, *held, coefficients);
  denoiser_.Run(stream, stop);
  if (steps[step].needs_noise()) {
    stream.Launch(kernels::FillStepNormal{fresh_.f32(), draft_->key.i64(), fresh_.count(),
                                          static_cast<std::uint32_t>(step)});
  }
  const Tensor& motion = draft_->motion;
  stream.Launch(kernels::DdimStep{motion.f32(), noise_.f32(), fresh_.f32(), motion.count(), coefficients});
}

// Sets the denoiser's inputs that depend on the step.
void Sample::SetStep(Stream& stream, const SampleSteps& steps, std::size_t step) const {
  if (timestep_) {
    stream.Launch(kernels::SetTimestep{timestep_.i64(), steps[step].timestep});
  } else {
    const float* row = steps.times().f32() + static_cast<std::int64_t>(step) * time_.count();
    stream.Copy(time_.address(), row, time_.bytes());
  }
}

void Sample::Hold(Stream& stream, kernels::HoldKnown held, const kernels::DdimCoefficients& step) const {
  held.x = draft_->motion.f32();
  held.sqrt_alpha = step.sqrt_alpha;
  held.sqrt_beta = step.sqrt_beta;
  stream.Launch(held);
}

}  // namespace kdtalker::stages
