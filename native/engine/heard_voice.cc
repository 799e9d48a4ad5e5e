#include "engine/heard_voice.h"

#include <algorithm>
#include <cmath>

#include "kernels/windows.h"

namespace kdtalker {
namespace {

using kernels::kMelBands;

constexpr double kBelow = 30, kLowest = -80;  // decibels: of the gate of silence, by default
constexpr double kDecay = 3;                  // decibels a second

// The spectrogram's values -4..4 stand for -100..0 dB.
double PowerOf(const float* column) {
  double power = 0;
  for (std::int64_t band = 0; band < kMelBands; band++)
    power += std::pow(10.0, 1.25 * (static_cast<double>(column[band]) + 4.0) - 10.0);
  return power / static_cast<double>(kMelBands);
}

}  // namespace

void HeardVoice::Hear(const float* columns, std::int64_t first, std::int64_t count) {
  for (std::int64_t i = 0; i < count; i++) {
    const std::int64_t frame = (first + i) * fps_ / kernels::kMelRate;
    if (frame > frame_) Finish();
    frame_ = frame;
    power_ += PowerOf(columns + i * kMelBands);
    columns_++;
  }
}

void HeardVoice::Finish() {
  if (columns_ == 0) return;
  const double level = 10.0 * std::log10(power_ / static_cast<double>(columns_) + 1e-12);
  peak_ = std::max(level, peak_ - kDecay / static_cast<double>(fps_));
  if (level >= std::max(peak_ - kBelow, kLowest)) {
    if (frame_ - loud_ > fps_) since_ = frame_;
    loud_ = frame_;
  }
  power_ = 0;
  columns_ = 0;
}

void HeardVoice::Cut(std::int64_t frame) {
  frame_ = frame;
  loud_ = frame - 1000;
  power_ = 0;
  columns_ = 0;
}

std::int64_t HeardVoice::span() const {
  return speaks() ? std::clamp<std::int64_t>(frame_ - since_, 1, MostSpan(fps_)) : 0;
}

}  // namespace kdtalker
