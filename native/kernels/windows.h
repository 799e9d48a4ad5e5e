// Mel columns to the audio encoder's input (docs/model.md 2 and 7).
//
// Traps: mel is TIME-MAJOR [columns, 80] and the encoder wants [frames, 1, 80, 16], so this transposes.
// Columns past either end repeat the edge column. Frames past the clip's last begin again at its first.
#pragma once

#include "kernels/kernel.h"

namespace kdtalker::kernels {

inline constexpr std::int64_t kMelBands = 80;
inline constexpr std::int64_t kMelWindow = 16;  // columns one frame sees

struct GatherWindows {
  const float* mel;  // [columns, 80]
  float* out;        // [frames, 1, 80, 16]
  std::int64_t columns;
  std::int64_t clip_frames;  // frames of the whole clip, at least 1
  std::int64_t first;        // frame that becomes out[0]
  std::int64_t frames;

  KDT_HOST_DEVICE std::int64_t count() const { return frames * kMelBands * kMelWindow; }

  KDT_HOST_DEVICE void operator()(std::int64_t i) const {
    const std::int64_t frame = (first + i / (kMelBands * kMelWindow)) % clip_frames;
    const std::int64_t band = i / kMelWindow % kMelBands;
    std::int64_t column =
        80 * (frame - 2) / 25 + i % kMelWindow;  // truncates toward zero, as the reference does
    column = column < 0 ? 0 : column;
    column = column < columns ? column : columns - 1;
    out[i] = mel[column * kMelBands + band];
  }
};

}  // namespace kdtalker::kernels
