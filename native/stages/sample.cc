#include "stages/sample.h"

#include <utility>

#include "core/launch.h"
#include "kernels/ddim.h"
#include "kernels/motion.h"
#include "kernels/normal.h"
#include "kernels/set_timestep.h"

namespace kdtalker::stages {

using kernels::NoisePurpose;

Sample::Sample(const Network& denoiser, std::vector<Step> plan, const Tensor& features,
               const Tensor& canonical, const Tensor& reference)
    : plan_(std::move(plan)),
      reference_(reference),
      x_(features.shared_device(), Type::kFloat32, {1, features.dims()[1], kernels::kMotionSize}),
      noise_(x_.shared_device(), Type::kFloat32, x_.dims()),
      fresh_(x_.shared_device(), Type::kFloat32, x_.dims()),
      timestep_(x_.shared_device(), Type::kInt64, {1}),
      denoiser_(denoiser) {
  denoiser_.Input("x", x_).Input("timestep", timestep_).Input("audio", features);
  denoiser_.Input("canonical", canonical).Input("reference", reference).Output("noise", noise_);
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
  std::uint32_t number = 0;
  for (const Step& step : plan_) {
    Launch(device, kernels::SetTimestep{timestep_.i64(), step.timestep});
    denoiser_.Run(stop);
    if (step.needs_noise()) {
      Launch(device,
             kernels::FillNormal{fresh_.f32(), fresh_.count(), seed, window, number, NoisePurpose::kStep});
    }
    Launch(device, kernels::DdimStep{x_.f32(), noise_.f32(), fresh_.f32(), x_.count(), step.coefficients});
    number++;
  }
  const float* last = x_.f32() + x_.count() - kernels::kMotionSize;
  device.Copy(reference_.address(), last, reference_.bytes());
}

}  // namespace kdtalker::stages
