#pragma once

#include <cstdint>

#include "core/stream.h"
#include "core/tensor.h"
#include "kernels/silence_gate.h"
#include "stages/audio_features.h"

namespace kdtalker::stages {

// How far the mouth may follow the motion in each frame of a speech: [frames], 1 in speech, 0 in the middle
// of a long silence. `mel` is the speech's spectrogram [columns, 80]; it and the result are on the device.
Tensor FindSilence(Stream& stream, const Tensor& mel, std::int64_t frames, std::int64_t fps,
                   const kernels::SilenceRule& rule);

// The same for a stream, frame by frame as its spectrogram comes (kernels/running_gate.h).
class RunningSilence {
 public:
  // `rows` of the gate; at most `most` frames at a time.
  RunningSilence(const std::shared_ptr<Device>& device, const kernels::SilenceRule& rule, std::int64_t fps,
                 std::int64_t rows, std::int64_t most);

  // Writes the gate [rows] of frames [first, last), whose columns are there.
  void Run(Stream& stream, const MelColumns& mel, std::int64_t first, std::int64_t last, float* gate);

 private:
  kernels::SilenceRule rule_;
  std::int64_t fps_, rows_;
  Tensor loudness_, states_;
};

}  // namespace kdtalker::stages
