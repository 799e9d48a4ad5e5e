// The loudness of each video frame of a speech, from its mel spectrogram: the mean power of the columns that
// begin in the frame, over all bands, in decibels. The spectrogram's values -4..4 stand for -100..0 dB
// (docs/model.md 2); because of the pre-emphasis, high frequencies weigh more than in the sound.
#pragma once

#include <cmath>

#include "kernels/kernel.h"
#include "kernels/windows.h"

namespace kdtalker::kernels {

// The first column at the frame's beginning or after it.
KDT_HOST_DEVICE std::int64_t FirstColumnOf(std::int64_t frame, std::int64_t fps) {
  return (kMelRate * frame + fps - 1) / fps;
}

struct FrameLoudness {
  const float* mel;  // [rows, 80], TIME-MAJOR
  float* out;        // [frames], dB, -100..0, of frames from `first` on
  std::int64_t columns;
  std::int64_t frames;
  std::int64_t fps = 25;  // frames a second, at most kMelRate
  std::int64_t first = 0;
  std::int64_t rows = INT64_MAX;  // columns that the buffer holds: the last ones

  KDT_HOST_DEVICE std::int64_t count() const { return frames; }

  KDT_HOST_DEVICE void operator()(std::int64_t i) const {
    const std::int64_t begin = FirstColumn(first + i), next = FirstColumn(first + i + 1);
    const std::int64_t end = next < columns ? next : columns;
    double power = 0.0;
    for (std::int64_t column = begin; column < end; column++) {
      const float* bands = mel + column % rows * kMelBands;
      for (std::int64_t band = 0; band < kMelBands; band++) power += Power(bands[band]);
    }
    const double mean = power / static_cast<double>((end - begin) * kMelBands);
    out[i] = static_cast<float>(10.0 * std::log10(mean));
  }

 private:
  KDT_HOST_DEVICE std::int64_t FirstColumn(std::int64_t frame) const { return FirstColumnOf(frame, fps); }

  KDT_HOST_DEVICE static double Power(float value) {
    const double decibel = (static_cast<double>(value) + 4.0) * 12.5 - 100.0;
    return std::pow(10.0, 0.1 * decibel);
  }
};

}  // namespace kdtalker::kernels
