// Gathers mel columns into the audio encoder's input (docs/model.md 2 and 7).
//
// Traps: mel is TIME-MAJOR [columns, 80] and the encoder's input is [frames, 1, 80, 16], so this transposes.
// Columns past either end repeat the edge column. After the clip's last frame comes its first again; a
// stream has no last one.
#pragma once

#include "kernels/kernel.h"

namespace kdtalker::kernels {

inline constexpr std::int64_t kMelBands = 80;
inline constexpr std::int64_t kMelWindow = 16;  // columns of one frame
inline constexpr float kSilentMel = -4.0F;
inline constexpr std::int64_t kMelRate = 80;  // columns a second

// The column behind the last that a frame's window reads.
KDT_HOST_DEVICE std::int64_t WindowEnd(std::int64_t frame, std::int64_t fps) {
  return (kMelRate * frame + kMelRate / 2 - kMelWindow / 2 * fps) / fps + kMelWindow;
}

struct GatherWindows {
  const float* mel;  // [rows, 80]
  float* out;        // [frames, 1, 80, 16]
  std::int64_t columns;
  std::int64_t clip_frames;  // frames of the whole clip, at least 1
  std::int64_t first;        // frame that becomes out[0]
  std::int64_t frames;
  std::int64_t fps = 25;          // frames a second
  std::int64_t rows = INT64_MAX;  // columns that the buffer holds: the last ones

  KDT_HOST_DEVICE std::int64_t count() const { return frames * kMelBands * kMelWindow; }

  KDT_HOST_DEVICE void operator()(std::int64_t i) const {
    const std::int64_t frame = (first + i / (kMelBands * kMelWindow)) % clip_frames;
    const std::int64_t band = i / kMelWindow % kMelBands;
    // The window's middle is the frame's middle. At 25 frames a second, the first column is 80 (frame - 2) /
    // 25, which truncates toward zero, as the reference does.
    const std::int64_t begin = (kMelRate * frame + kMelRate / 2 - kMelWindow / 2 * fps) / fps;
    std::int64_t column = begin + i % kMelWindow;
    column = column < 0 ? 0 : column;
    column = column < columns ? column : columns - 1;
    out[i] = mel[column % rows * kMelBands + band];
  }
};

}  // namespace kdtalker::kernels
