// The loudness of each video frame of a speech, from its mel spectrogram: the mean power of the columns that
// begin in the frame, over all bands, in decibels. The spectrogram's values -4..4 stand for -100..0 dB
// (docs/model.md 2); because of the pre-emphasis, high frequencies weigh more than in the sound.
#pragma once

#include <cmath>

#include "kernels/kernel.h"
#include "kernels/windows.h"

namespace kdtalker::kernels {

struct FrameLoudness {
  const float* mel;  // [columns, 80], TIME-MAJOR
  float* out;        // [frames], dB, -100..0
  std::int64_t columns;
  std::int64_t frames;
  std::int64_t fps = 25;  // frames a second, at most kMelRate

  KDT_HOST_DEVICE std::int64_t count() const { return frames; }

  KDT_HOST_DEVICE void operator()(std::int64_t frame) const {
    const std::int64_t first = FirstColumn(frame);
    const std::int64_t last = FirstColumn(frame + 1) < columns ? FirstColumn(frame + 1) : columns;
    double power = 0.0;
    for (std::int64_t i = first * kMelBands; i < last * kMelBands; i++) power += Power(mel[i]);
    const double mean = power / static_cast<double>((last - first) * kMelBands);
    out[frame] = static_cast<float>(10.0 * std::log10(mean));
  }

 private:
  // The first column at the frame's beginning or after it.
  KDT_HOST_DEVICE std::int64_t FirstColumn(std::int64_t frame) const {
    return (kMelRate * frame + fps - 1) / fps;
  }

  KDT_HOST_DEVICE static double Power(float value) {
    const double decibel = (static_cast<double>(value) + 4.0) * 12.5 - 100.0;
    return std::pow(10.0, 0.1 * decibel);
  }
};

}  // namespace kdtalker::kernels
