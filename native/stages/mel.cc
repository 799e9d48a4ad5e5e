#include "stages/mel.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <utility>

#include "kernels/windows.h"

namespace kdtalker::stages {
namespace {

constexpr std::size_t kFft = 800;
constexpr std::int64_t kHalf =
    kFft / 2;  // columns are centred: column c reads samples 200 c - 400 .. 200 c + 399
constexpr std::size_t kBands = static_cast<std::size_t>(kernels::kMelBands);
constexpr std::size_t kSlice = 8192;  // samples copied before columns are computed from them
constexpr double kPreEmphasis = 0.97;

std::vector<double> PeriodicHann(std::size_t size) {
  std::vector<double> window(size);
  for (std::size_t i = 0; i < size; i++) {
    window[i] =
        0.5 - 0.5 * std::cos(2.0 * std::numbers::pi * static_cast<double>(i) / static_cast<double>(size));
  }
  return window;
}

// Maps decibels below full scale, -100..0, to -4..4.
float Normalised(double magnitude) {
  const double decibel = 20.0 * std::log10(std::max(1e-5, magnitude)) - 20.0;
  return static_cast<float>(std::clamp(8.0 * ((decibel + 100.0) / 100.0) - 4.0, -4.0, 4.0));
}

}  // namespace

// Zeros precede the first sample.
MelBuilder::MelBuilder(std::int64_t fps, Ends ends)
    : fps_(fps),
      ends_(ends),
      spectrum_(kFft),
      filters_({static_cast<double>(kSpeechRate), kFft, kBands, 55.0, 7600.0}),
      hann_(PeriodicHann(kFft)),
      windowed_(kFft),
      magnitudes_(kFft / 2 + 1),
      bands_(kBands),
      pending_(static_cast<std::size_t>(kHalf), 0.0),
      base_(-kHalf) {}

std::int64_t MelBuilder::FramesIn(std::int64_t samples) const {
  return samples * fps_ / kSpeechRate;
}

// The number of samples of the whole frames among these, rounded down.
std::int64_t MelBuilder::WholeFrames(std::int64_t samples) const {
  return FramesIn(samples) * kSpeechRate / fps_;
}

void MelBuilder::Push(const float* samples, std::size_t count) {
  while (count > 0) {
    const std::size_t slice = std::min(count, kSlice);
    Append(samples, slice);
    // The clip ends at a whole frame and zeros follow, so only samples in whole frames are certain to be
    // used.
    AddColumnsUpTo(ends_ == Ends::kNever ? received_ : WholeFrames(received_));
    DropUsed();
    samples += slice;
    count -= slice;
  }
}

MelSpectrogram MelBuilder::Finish() {
  MelSpectrogram mel;
  const std::int64_t length = WholeFrames(received_);
  mel.frames = FramesIn(received_);
  if (mel.frames > 0) {
    pending_.resize(static_cast<std::size_t>(length - base_));
    pending_.resize(static_cast<std::size_t>(length - base_ + kHalf), 0.0);
    AddColumnsUpTo(length + kHalf);
    mel.columns = columns_;
    mel.values = std::move(values_);
  }
  return mel;
}

void MelBuilder::Append(const float* samples, std::size_t count) {
  for (std::size_t i = 0; i < count; i++) {
    pending_.push_back(static_cast<double>(samples[i]) - kPreEmphasis * static_cast<double>(previous_));
    previous_ = samples[i];
  }
  received_ += static_cast<std::int64_t>(count);
}

// Computes every column that ends at sample `end` or before.
void MelBuilder::AddColumnsUpTo(std::int64_t end) {
  while (columns_ * kMelHop + kHalf <= end) {
    AddColumn(pending_.data() + (columns_ * kMelHop - kHalf - base_));
    columns_++;
  }
}

void MelBuilder::AddColumn(const double* samples) {
  for (std::size_t i = 0; i < kFft; i++) windowed_[i] = hann_[i] * samples[i];
  spectrum_.Magnitudes(windowed_.data(), magnitudes_.data());
  filters_.Apply(magnitudes_.data(), bands_.data());
  float* column = values_.Extend(kBands);
  for (std::size_t band = 0; band < kBands; band++) column[band] = Normalised(bands_[band]);
}

void MelBuilder::DropUsed() {
  const std::int64_t needed = columns_ * kMelHop - kHalf;
  pending_.erase(pending_.begin(), pending_.begin() + (needed - base_));
  base_ = needed;
}

}  // namespace kdtalker::stages
