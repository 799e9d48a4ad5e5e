#include "stages/silence.h"

#include "core/launch.h"
#include "kernels/loudness.h"

namespace kdtalker::stages {

Tensor FindSilence(const Tensor& mel, std::int64_t frames, std::int64_t fps,
                   const kernels::SilenceRule& rule) {
  const Device& device = mel.device();
  const Tensor loudness(mel.shared_device(), Type::kFloat32, {frames});
  Tensor gate(mel.shared_device(), Type::kFloat32, {frames});
  Launch(device, kernels::FrameLoudness{mel.f32(), loudness.f32(), mel.dims()[0], frames, fps});
  Launch(device, kernels::SilenceGate{loudness.f32(), gate.f32(), frames, rule});
  return gate;
}

}  // namespace kdtalker::stages
