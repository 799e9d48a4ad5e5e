#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace kdtalker::stages {

// Converts sound of any sample rate to 16 kHz (or another rate) as it arrives, with a windowed sinc (Kaiser,
// 90 dB) that passes 0.92 of the lower Nyquist frequency and stops at it. Output sample k is the sound at
// time k / output_rate: there is no delay. N samples become floor(N output_rate / input_rate). Silence
// precedes and follows the input.
//
// The result is bit for bit the same for pushes of any sizes; equal rates copy the input. Memory does not
// grow with the sound. One thread at a time.
class Resampler {
 public:
  // kLeastSampleRate to kMostSampleRate samples a second each. Throws Error INVALID_ARGUMENT.
  explicit Resampler(std::int64_t input_rate, std::int64_t output_rate = 16000);

  // Appends to `output` the samples that the input so far determines.
  void Push(const float* samples, std::size_t count, std::vector<float>& output);

  // Appends the rest. The resampler cannot be used afterwards.
  void Flush(std::vector<float>& output);

 private:
  void MakeRows();
  void FillRow(double after, float* row) const;
  float Sample(std::int64_t phase, const float* samples) const;
  void ProduceUpTo(std::int64_t count, std::vector<float>& output);
  void DropUsed();
  std::size_t width() const { return static_cast<std::size_t>(2 * half_); }

  std::int64_t up_, down_;  // output_rate / input_rate in lowest terms
  double cutoff_;           // zeros of the sinc per input sample
  std::int64_t half_;       // input samples that an output sample reads on either side

  // Weights of the samples around a point in time, [phases_ + 1, 2 half_]: row p is for a point p / phases_
  // after a sample. Every phase that occurs has a row; if there are too many phases, two neighbouring rows
  // are mixed.
  std::int64_t phases_;
  std::vector<float> rows_;

  std::vector<float> pending_;  // input samples from base_ on
  std::int64_t base_;
  std::int64_t received_ = 0;
  std::int64_t produced_ = 0;
};

}  // namespace kdtalker::stages
