#include "kernels/smooth.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

#include "core/error.h"
#include "golden.h"
#include "launch.h"
#include "stages/smoothing.h"

namespace {

using kdtalker::kernels::SmoothState;
using kdtalker::stages::Smoothing;

constexpr std::int64_t kWidth = kdtalker::kernels::kMotionSize;

// Raw frames arrive `chunk` at a time. Unknown frames are NaN, so reading ahead changes the result.
std::vector<float> Smooth(const Smoothing& smoothing, const std::vector<float>& raw, std::int64_t chunk) {
  const auto total = static_cast<std::int64_t>(raw.size()) / kWidth;
  std::vector<float> seen(raw.size(), std::numeric_limits<float>::quiet_NaN());
  std::vector<float> out(raw.size(), std::numeric_limits<float>::quiet_NaN());
  std::array<SmoothState, 70> state;
  state.fill({std::nan(""), std::nan("")});
  std::int64_t first = 0;
  for (std::int64_t known = 0; known < total;) {
    known = std::min(total, known + chunk);
    std::copy(raw.begin(), raw.begin() + known * kWidth, seen.begin());
    const std::int64_t last = smoothing.FinalFrames(known, total);
    Run(smoothing.Kernel(seen.data(), out.data(), state.data(), first, last, known));
    first = last;
  }
  CHECK(first == total);
  return out;
}

// The textbook recursion over the whole clip.
std::vector<float> Textbook(const std::vector<float>& raw, double process, double observation) {
  const std::size_t n = raw.size() / 70;
  std::vector<float> out(raw);
  for (std::size_t c = 1; c < 70; c++) {
    std::vector<double> mean(n), variance(n), predicted(n);
    for (std::size_t i = 0; i < n; i++) {
      predicted[i] = i == 0 ? 1.0 : variance[i - 1] + process;
      const double before = i == 0 ? static_cast<double>(raw[c]) : mean[i - 1];
      const double gain = predicted[i] / (predicted[i] + observation);
      mean[i] = before + gain * (static_cast<double>(raw[i * 70 + c]) - before);
      variance[i] = (1 - gain) * predicted[i];
    }
    double smoothed = mean[n - 1];
    out[(n - 1) * 70 + c] = static_cast<float>(smoothed);
    for (std::size_t i = n - 1; i-- > 0;) {
      smoothed = mean[i] + variance[i] / predicted[i + 1] * (smoothed - mean[i]);
      out[i * 70 + c] = static_cast<float>(smoothed);
    }
  }
  return out;
}

std::vector<float> Wave(std::size_t frames) {
  std::vector<float> raw(frames * 70);
  for (std::size_t i = 0; i < raw.size(); i++) {
    raw[i] =
        static_cast<float>(std::sin(0.37 * static_cast<double>(i / 70 * (1 + i % 70))) + 0.01 * (i % 70));
  }
  return raw;
}

}  // namespace

TEST_CASE("smoothing gives the golden driver") {
  const golden::File driver("driver");
  const std::vector<float> raw = golden::MotionRows(driver, "denorm_", true);
  std::vector<float> wanted = golden::MotionRows(driver, "smooth_", false);
  for (std::size_t i = 0; i < raw.size(); i += 70) wanted[i] = raw[i];  // the scale is not smoothed
  golden::CheckClose("smooth, whole clip", Smooth(Smoothing(0.05, 0.001), raw, 1000), wanted, 1e-6);
  golden::CheckClose("smooth, windows of 64", Smooth(Smoothing(0.05, 0.001), raw, 64), wanted, 1e-6);
}

TEST_CASE("pieces of any size give the bits of the whole clip") {
  const std::vector<float> raw = Wave(211);
  for (const double strength : {0.0, 1.0, 30.0, 1000.0}) {
    const Smoothing smoothing(0.05, 0.001, strength);
    const std::vector<float> whole = Smooth(smoothing, raw, 211);
    for (const std::int64_t chunk : {1, 5, 64, 210}) CHECK(Smooth(smoothing, raw, chunk) == whole);
  }
}

TEST_CASE("clips of every length are smoothed to their end as the textbook does") {
  for (const std::size_t frames : {1, 2, 3, 6, 7, 8, 64, 65, 130}) {
    const std::vector<float> raw = Wave(frames);
    CHECK(golden::MaxError(Smooth(Smoothing(0.05, 0.001), raw, 64), Textbook(raw, 0.05, 0.001), 1.0) <= 1e-7);
    CHECK(golden::MaxError(Smooth(Smoothing(0.05, 0.001, 20), raw, 64), Textbook(raw, 0.05, 0.02), 1.0) <=
          1e-7);
  }
}

TEST_CASE("the lag is what 1e-9 asks for, and bounded") {
  CHECK(Smoothing(0.05, 0.001).lag() == 5);
  CHECK(Smoothing(0.05, 0.001, 0).lag() == 0);
  CHECK(Smoothing(0.05, 0.001, 1e6).lag() == kdtalker::kernels::kSmoothMaxLag);
  const Smoothing smoothing(0.05, 0.001);
  CHECK(smoothing.FinalFrames(3, 100) == 0);
  CHECK(smoothing.FinalFrames(64, 100) == 59);
  CHECK(smoothing.FinalFrames(100, 100) == 100);
}

TEST_CASE("strength 0 leaves the motion as it is, more strength moves less") {
  const std::vector<float> raw = Wave(50);
  CHECK(Smooth(Smoothing(0.05, 0.001, 0), raw, 64) == raw);
  double before = std::numeric_limits<double>::infinity();
  for (const double strength : {1.0, 50.0, 1000.0}) {
    const std::vector<float> out = Smooth(Smoothing(0.05, 0.001, strength), raw, 64);
    double travel = 0;
    for (std::size_t i = 70 + 30; i < out.size(); i += 70)
      travel += std::abs(static_cast<double>(out[i] - out[i - 70]));
    CHECK(travel < before);
    before = travel;
  }
}

TEST_CASE("impossible variances are refused") {
  CHECK_THROWS_AS(Smoothing(0, 0.001), kdtalker::Error);
  CHECK_THROWS_AS(Smoothing(0.05, -1), kdtalker::Error);
  CHECK_THROWS_AS(Smoothing(0.05, 0.001, std::nan("")), kdtalker::Error);
}
