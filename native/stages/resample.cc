#include "stages/resample.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>
#include <string>

#include "core/error.h"
#include "core/limits.h"

namespace kdtalker::stages {
namespace {

constexpr double kStopDecibel = 90.0;
constexpr double kPassed = 0.92;  // of the lower Nyquist frequency
constexpr std::int64_t kMostRowEntries = std::int64_t{1} << 17;
constexpr std::int64_t kMixedPhases = 256;  // mixed linearly: the error is 94 dB down
constexpr std::size_t kSlice = 16384;
constexpr std::size_t kLanes = 8;

// Kaiser's formulas for the window's shape and its length in samples; the transition band is in cycles per
// sample.
const double kBeta = 0.1102 * (kStopDecibel - 8.7);
double KaiserLength(double transition) {
  return (kStopDecibel - 8.0) / (2.285 * 2.0 * std::numbers::pi * transition);
}

// The modified Bessel function I0 by its power series.
double BesselI0(double x) {
  double term = 1.0;
  double sum = 1.0;
  for (int k = 1; term > 1e-17 * sum; k++) {
    const double factor = x / (2.0 * k);
    term *= factor * factor;
    sum += term;
  }
  return sum;
}

double Sinc(double x) {
  return x == 0.0 ? 1.0 : std::sin(std::numbers::pi * x) / (std::numbers::pi * x);
}

// Sums in kLanes lanes, so that the sum is vectorised and its order is fixed. count is a multiple of kLanes.
float Dot(const float* a, const float* b, std::size_t count) {
  float lanes[kLanes] = {};
  for (std::size_t i = 0; i < count; i += kLanes) {
    for (std::size_t l = 0; l < kLanes; l++) lanes[l] += a[i + l] * b[i + l];
  }
  return ((lanes[0] + lanes[4]) + (lanes[2] + lanes[6])) + ((lanes[1] + lanes[5]) + (lanes[3] + lanes[7]));
}

void Check(std::int64_t rate) {
  if (rate >= kLeastSampleRate && rate <= kMostSampleRate) return;
  throw Error("INVALID_ARGUMENT", "Expected " + std::to_string(kLeastSampleRate) + " to " +
                                      std::to_string(kMostSampleRate) + " for the sample rate but received " +
                                      std::to_string(rate) + ".");
}

}  // namespace

Resampler::Resampler(std::int64_t input_rate, std::int64_t output_rate) {
  Check(input_rate);
  Check(output_rate);
  const std::int64_t divisor = std::gcd(input_rate, output_rate);
  up_ = output_rate / divisor;
  down_ = input_rate / divisor;
  const double nyquist = 0.5 * std::min(1.0, static_cast<double>(up_) / static_cast<double>(down_));
  cutoff_ = nyquist * (1.0 + kPassed);  // the middle of the transition band
  const auto taps = static_cast<std::int64_t>(std::ceil(KaiserLength(nyquist * (1.0 - kPassed))));
  half_ = (taps / 2 + 4) / 4 * 4;  // makes a row a multiple of kLanes
  base_ = -half_;
  if (up_ == down_) return;
  pending_.assign(static_cast<std::size_t>(half_), 0.0F);
  MakeRows();
}

void Resampler::Push(const float* samples, std::size_t count, std::vector<float>& output) {
  if (up_ == down_) {
    output.insert(output.end(), samples, samples + count);
    return;
  }
  while (count > 0) {
    const std::size_t slice = std::min(count, kSlice);
    pending_.insert(pending_.end(), samples, samples + slice);
    received_ += static_cast<std::int64_t>(slice);
    // Points in time with half_ samples after them: k down / up < received - half.
    ProduceUpTo((std::max<std::int64_t>(0, received_ - half_) * up_ + down_ - 1) / down_, output);
    DropUsed();
    samples += slice;
    count -= slice;
  }
}

void Resampler::Flush(std::vector<float>& output) {
  if (up_ == down_) return;
  pending_.insert(pending_.end(), static_cast<std::size_t>(half_), 0.0F);
  ProduceUpTo(received_ * up_ / down_, output);
}

void Resampler::MakeRows() {
  phases_ = up_ * 2 * half_ <= kMostRowEntries ? up_ : kMixedPhases;
  rows_.resize(static_cast<std::size_t>(phases_ + 1) * width());
  for (std::int64_t phase = 0; phase <= phases_; phase++) {
    FillRow(static_cast<double>(phase) / static_cast<double>(phases_),
            rows_.data() + static_cast<std::size_t>(phase) * width());
  }
}

// Weights are scaled so that a constant input gives the same constant.
void Resampler::FillRow(double after, float* row) const {
  std::vector<double> weights(width());
  double sum = 0.0;
  for (std::size_t tap = 0; tap < width(); tap++) {
    const double distance = after + static_cast<double>(half_ - 1) - static_cast<double>(tap);
    const double out = distance / static_cast<double>(half_);
    weights[tap] = Sinc(cutoff_ * distance) * BesselI0(kBeta * std::sqrt(std::max(0.0, 1.0 - out * out)));
    sum += weights[tap];
  }
  for (std::size_t tap = 0; tap < width(); tap++) row[tap] = static_cast<float>(weights[tap] / sum);
}

// The sound at phase / up after samples[half - 1].
float Resampler::Sample(std::int64_t phase, const float* samples) const {
  const std::int64_t row = phase * phases_ / up_;
  const std::int64_t rest = phase * phases_ % up_;
  const float* weights = rows_.data() + static_cast<std::size_t>(row) * width();
  const float here = Dot(weights, samples, width());
  if (rest == 0) return here;
  const float part = static_cast<float>(static_cast<double>(rest) / static_cast<double>(up_));
  return here + part * (Dot(weights + width(), samples, width()) - here);
}

void Resampler::ProduceUpTo(std::int64_t count, std::vector<float>& output) {
  for (; produced_ < count; produced_++) {
    const std::int64_t sample = produced_ * down_ / up_;
    output.push_back(Sample(produced_ * down_ % up_, pending_.data() + (sample - half_ + 1 - base_)));
  }
}

void Resampler::DropUsed() {
  const std::int64_t needed = produced_ * down_ / up_ - half_ + 1;
  if (needed <= base_) return;
  const std::int64_t used = std::min(needed - base_, static_cast<std::int64_t>(pending_.size()));
  pending_.erase(pending_.begin(), pending_.begin() + used);
  base_ += used;
}

}  // namespace kdtalker::stages
