#include "stages/silence.h"

#include "kernels/loudness.h"

namespace kdtalker::stages {

Tensor FindSilence(Stream& stream, const Tensor& mel, std::int64_t frames, std::int64_t fps,
                   const kernels::SilenceRule& rule) {
  const Tensor loudness(mel.shared_device(), Type::kFloat32, {frames});
  Tensor gate(mel.shared_device(), Type::kFloat32, {frames});
  stream.Launch(kernels::FrameLoudness{mel.f32(), loudness.f32(), mel.dims()[0], frames, fps});
  stream.Launch(kernels::SilenceGate{loudness.f32(), gate.f32(), frames, rule});
  return gate;
}

}  // namespace kdtalker::stages
