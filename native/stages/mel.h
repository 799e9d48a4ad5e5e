#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "stages/fft.h"
#include "stages/growing_floats.h"
#include "stages/mel_filters.h"

namespace kdtalker::stages {

inline constexpr std::int64_t kSpeechRate = 16000;  // samples a second
inline constexpr std::int64_t kMelHop = 200;        // samples between columns: kernels::kMelRate a second

// The speech of a clip; the audio encoder's input is cut from it.
struct MelSpectrogram {
  GrowingFloats values;      // [columns, 80], TIME-MAJOR, -4..4
  std::int64_t columns = 0;  // 1 + floor(samples of all frames / 200); 0 if there is no frame
  std::int64_t frames = 0;   // whole video frames: floor(fps samples / 16000)
};

// Converts samples at 16 kHz to the mel spectrogram of docs/model.md 2 as they arrive. The result is bit for
// bit the same for pushes of any sizes. Holds the spectrogram and less than a second of sound. One thread at
// a time.
class MelBuilder {
 public:
  // Where the sound may end. Zeros follow the end, so a column that reads samples behind it has another
  // value. A clip ends at a whole video frame, so columns come a frame at a time; a stream goes on.
  enum class Ends { kAtFrames, kNever };

  // `fps`: video frames a second.
  explicit MelBuilder(std::int64_t fps = 25, Ends ends = Ends::kAtFrames);

  // Samples are finite floats, full scale 1 (16-bit PCM / 32768).
  void Push(const float* samples, std::size_t count);

  // The columns [n, 80] that came since the last call, out of the builder.
  GrowingFloats Take() { return std::exchange(values_, {}); }

  // Returns the spectrogram of all pushed samples, cut to whole video frames. The builder cannot be used
  // afterwards.
  MelSpectrogram Finish();

 private:
  std::int64_t FramesIn(std::int64_t samples) const;
  std::int64_t WholeFrames(std::int64_t samples) const;
  void Append(const float* samples, std::size_t count);
  void AddColumnsUpTo(std::int64_t end);
  void AddColumn(const double* samples);
  void DropUsed();

  std::int64_t fps_;
  Ends ends_;
  RealSpectrum spectrum_;
  MelFilters filters_;
  std::vector<double> hann_;
  std::vector<double> windowed_, magnitudes_, bands_;  // workspace of one column

  std::vector<double> pending_;  // pre-emphasised samples from base_ on
  std::int64_t base_;
  std::int64_t received_ = 0;
  float previous_ = 0.0F;  // last sample, for pre-emphasis
  std::int64_t columns_ = 0;
  GrowingFloats values_;
};

}  // namespace kdtalker::stages
