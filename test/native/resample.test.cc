#include "stages/resample.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numbers>
#include <vector>

#include "core/error.h"

namespace {

using kdtalker::stages::Resampler;
using Floats = std::vector<float>;

Floats Resample(const Floats& samples, std::int64_t rate, std::size_t chunk = 1 << 20) {
  Resampler resampler(rate);
  Floats out;
  for (std::size_t at = 0; at < samples.size(); at += chunk) {
    resampler.Push(samples.data() + at, std::min(chunk, samples.size() - at), out);
  }
  resampler.Flush(out);
  return out;
}

Floats Sine(double hertz, std::int64_t rate, std::size_t count) {
  Floats samples;
  for (std::size_t i = 0; i < count; i++) {
    const double time = static_cast<double>(i) / static_cast<double>(rate);
    samples.push_back(static_cast<float>(std::sin(2 * std::numbers::pi * hertz * time)));
  }
  return samples;
}

// Output samples at either end that include silence around the sound: up to 80 samples of the lower rate.
std::size_t Edge(std::int64_t rate) {
  return rate < 16000 ? static_cast<std::size_t>(80 * 16000 / rate) : 80;
}

// Largest value away from the ends.
double Peak(const Floats& samples, std::int64_t rate) {
  double largest = 0;
  for (std::size_t i = Edge(rate); i + Edge(rate) < samples.size(); i++) {
    largest = std::max(largest, std::abs(static_cast<double>(samples[i])));
  }
  return largest;
}

// Largest difference from the same sine sampled at 16 kHz, away from the ends.
double SineError(double hertz, std::int64_t rate) {
  const Floats out = Resample(Sine(hertz, rate, static_cast<std::size_t>(rate / 4)), rate);
  Floats wanted = Sine(hertz, 16000, out.size());
  for (std::size_t i = 0; i < out.size(); i++) wanted[i] -= out[i];
  return Peak(wanted, rate);
}

constexpr std::int64_t kRates[] = {1000, 8000, 11025, 22050, 24000, 44100, 44101, 48000, 96000, 384000};

}  // namespace

TEST_CASE("16 kHz passes as it is") {
  const Floats samples = Sine(1234, 16000, 5000);
  CHECK(Resample(samples, 16000, 777) == samples);
}

TEST_CASE("N samples become floor(N 16000 / rate)") {
  for (const std::int64_t rate : kRates) {
    for (const std::size_t count : {0, 1, 2, 3, 440, 441, 1000, 20001}) {
      CHECK(Resample(Floats(count, 0.1F), rate).size() == count * 16000 / static_cast<std::size_t>(rate));
    }
  }
}

TEST_CASE("chunks of any size give the same bits") {
  for (const std::int64_t rate : {8000, 44100, 44101, 384000}) {
    const Floats samples = Sine(700, rate, 20000), whole = Resample(samples, rate);
    for (const std::size_t chunk : {1, 13, 441, 9999}) CHECK(Resample(samples, rate, chunk) == whole);
  }
}

TEST_CASE("a sine in the pass band comes out in time and in full") {
  for (const std::int64_t rate : kRates) {
    const double nyquist = 0.5 * static_cast<double>(std::min<std::int64_t>(rate, 16000));
    for (const double part : {0.1, 0.5, 0.9}) {
      CAPTURE(rate);
      CAPTURE(part);
      CHECK(SineError(part * nyquist, rate) < 1e-4);
    }
  }
}

TEST_CASE("what 16 kHz cannot hold is at least 80 dB down") {
  for (const std::int64_t rate : {22050, 44100, 44101, 48000, 384000}) {
    for (const double hertz : {8010.0, 8500.0, 9700.0, 10900.0}) {
      CAPTURE(rate);
      CAPTURE(hertz);
      CHECK(Peak(Resample(Sine(hertz, rate, static_cast<std::size_t>(rate / 4)), rate), rate) < 1e-4);
    }
  }
}

TEST_CASE("no mirror image of a lower rate is heard") {
  // A sine at 3 kHz from 8 kHz would be mirrored at 5 kHz; the difference from the pure sine contains the
  // whole mirror image.
  CHECK(SineError(3000, 8000) < 1e-4);
}

TEST_CASE("an impulse stays where it was in time") {
  for (const std::int64_t rate : {8000, 24000, 44100, 48000}) {
    Floats samples(static_cast<std::size_t>(rate), 0.0F);
    samples[static_cast<std::size_t>(rate / 2)] = 1;  // at 0.5 s: sample 8000
    const Floats out = Resample(samples, rate);
    CHECK(std::max_element(out.begin(), out.end()) - out.begin() == 8000);
    for (std::size_t k = 1; k < 60; k++) CHECK(out[8000 - k] == doctest::Approx(out[8000 + k]).epsilon(1e-4));
  }
}

TEST_CASE("a constant stays a constant") {
  for (const std::int64_t rate : kRates) {
    Floats out = Resample(Floats(static_cast<std::size_t>(rate / 2), 0.25F), rate);
    REQUIRE(out.size() > 2 * Edge(rate));
    for (float& value : out) value -= 0.25F;
    CHECK(Peak(out, rate) < 3e-7);
  }
}

TEST_CASE("rates out of range are refused") {
  for (const std::int64_t rate : {-1, 0, 999, 384001}) CHECK_THROWS_AS(Resampler{rate}, kdtalker::Error);
}
