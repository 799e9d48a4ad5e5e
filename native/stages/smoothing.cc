#include "stages/smoothing.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "core/error.h"

namespace kdtalker::stages {
namespace {

constexpr double kNeglected = 1e-9;

// The weight of the next frame's smoothed value in a frame's, once the filter has settled: C = P / (P + q),
// where P is the fixed point of P = (P + q) r / (P + q + r).
double SettledGain(double process, double observation) {
  const double variance = 0.5 * (std::sqrt(process * (process + 4.0 * observation)) - process);
  return variance / (variance + process);
}

// The error of frame i is at most gain^(lag + 1) times the range of the motion.
std::int32_t LagFor(double gain) {
  std::int32_t lag = 0;
  for (double weight = gain; weight > kNeglected && lag < kernels::kSmoothMaxLag; weight *= gain) lag++;
  return lag;
}

void Check(bool good, const std::string& expected, double received) {
  if (!good) {
    throw Error("INVALID_ARGUMENT",
                "Expected " + expected + " for smoothing but received " + std::to_string(received) + ".");
  }
}

}  // namespace

Smoothing::Smoothing(double process, double observation, double strength, std::int32_t most)
    : process_(process), observation_(observation * strength) {
  Check(process > 0.0 && std::isfinite(process), "a process variance above 0", process);
  Check(observation >= 0.0 && std::isfinite(observation), "an observation variance of 0 or more",
        observation);
  Check(strength >= 0.0 && std::isfinite(strength), "a strength of 0 or more", strength);
  lag_ = std::min(most, LagFor(SettledGain(process_, observation_)));
}

std::int64_t Smoothing::FinalFrames(std::int64_t known, std::int64_t total) const {
  if (known >= total) return total;
  return known > lag_ ? known - lag_ : 0;
}

kernels::SmoothMotion Smoothing::Kernel(const float* raw, float* out, kernels::SmoothState* state,
                                        std::int64_t first, std::int64_t last, std::int64_t known,
                                        std::int64_t rows, std::int64_t states) const {
  return {raw, out, state, first, last, known, process_, observation_, lag_, rows, states};
}

}  // namespace kdtalker::stages
