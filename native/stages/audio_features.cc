#include "stages/audio_features.h"

#include "kernels/windows.h"

namespace kdtalker::stages {

AudioFeatures::AudioFeatures(const Network& audio, const std::shared_ptr<Device>& device, std::int64_t window,
                             std::int64_t fps)
    : window_(window),
      fps_(fps),
      windows_(device, Type::kFloat32, {window, 1, kernels::kMelBands, kernels::kMelWindow}),
      encoded_(device, Type::kFloat32, {window, audio.output("feature").dims.back()}),
      encoder_(audio) {
  encoder_.Input("mel", windows_).Output("feature", encoded_);
}

void AudioFeatures::Run(Stream& stream, const MelColumns& mel, std::int64_t clip_frames, std::int64_t first,
                        const StopToken& stop) {
  stream.Launch(kernels::GatherWindows{mel.buffer.f32(), windows_.f32(), mel.count, clip_frames, first,
                                       window_, fps_, mel.buffer.dims()[0]});
  encoder_.Run(stream, stop);
}

}  // namespace kdtalker::stages
