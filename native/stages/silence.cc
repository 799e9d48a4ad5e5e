#include "stages/silence.h"

#include "kernels/loudness.h"
#include "kernels/running_gate.h"

namespace kdtalker::stages {

Tensor FindSilence(Stream& stream, const Tensor& mel, std::int64_t frames, std::int64_t fps,
                   const kernels::SilenceRule& rule) {
  const Tensor loudness(mel.shared_device(), Type::kFloat32, {frames});
  Tensor gate(mel.shared_device(), Type::kFloat32, {frames});
  stream.Launch(kernels::FrameLoudness{mel.f32(), loudness.f32(), mel.dims()[0], frames, fps});
  stream.Launch(kernels::SilenceGate{loudness.f32(), gate.f32(), frames, rule});
  return gate;
}

namespace {

constexpr float kPeakDecay = 3.0F;  // dB a second

}  // namespace

RunningSilence::RunningSilence(const std::shared_ptr<Device>& device, const kernels::SilenceRule& rule,
                               std::int64_t fps, std::int64_t rows, std::int64_t most)
    : rule_(rule),
      fps_(fps),
      rows_(rows),
      loudness_(device, Type::kFloat32, {most + rule.attack}),
      states_(device, Type::kUint8, {rows * static_cast<std::int64_t>(sizeof(kernels::GateState))}) {}

void RunningSilence::Run(Stream& stream, const MelColumns& mel, std::int64_t first, std::int64_t last,
                         float* gate) {
  std::int64_t known = last;
  while (known < last + rule_.attack && kernels::FirstColumnOf(known, fps_) < mel.count) known++;
  stream.Launch(kernels::FrameLoudness{mel.buffer.f32(), loudness_.f32(), mel.count, known - first, fps_,
                                       first, mel.buffer.dims()[0]});
  stream.Launch(kernels::RunningGate{loudness_.f32(), gate,
                                     static_cast<kernels::GateState*>(states_.address()), first, last, known,
                                     rows_, kPeakDecay / static_cast<float>(fps_), rule_});
}

}  // namespace kdtalker::stages
