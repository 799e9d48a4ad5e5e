#pragma once

#include <cstdint>

#include "core/stream.h"
#include "core/tensor.h"
#include "kernels/silence_gate.h"

namespace kdtalker::stages {

// How far the mouth may follow the motion in each frame of a speech: [frames], 1 in speech, 0 in the middle
// of a long silence. `mel` is the speech's spectrogram [columns, 80]; it and the result are on the device.
Tensor FindSilence(Stream& stream, const Tensor& mel, std::int64_t frames, std::int64_t fps,
                   const kernels::SilenceRule& rule);

}  // namespace kdtalker::stages
