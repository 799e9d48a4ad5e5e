#include "kernels/cpu/mask_weights.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <complex>
#include <vector>

#include "kernels/cpu/mask_shape.h"

namespace kdtalker::kernels {
namespace {

using namespace mask;
using Number = std::complex<double>;
using Waves = std::array<std::array<Number, kKernel>, kSize>;  // [frequency][tap]

constexpr std::int64_t kTaps = kKernel * kKernel * kKernel;
constexpr double kPi = 3.14159265358979323846;
// The scale of the inverse transforms: 400 within a slice, and 20 along the depth for half of the sum.
constexpr double kScale = 1.0 / static_cast<double>(kFrequencies * kSlices);

// Output o reads cell o + tap - ahead: exp(2 pi i (tap - ahead) f / 20) with frequencies f = k + offset.
Waves MakeWaves(double offset, std::int64_t ahead) {
  Waves waves;
  for (std::size_t k = 0; k < waves.size(); k++) {
    for (std::size_t tap = 0; tap < waves[k].size(); tap++) {
      const double distance = static_cast<double>(tap) - static_cast<double>(ahead);
      waves[k][tap] = std::polar(1.0, 2 * kPi * (static_cast<double>(k) + offset) * distance / kSize);
    }
  }
  return waves;
}

// std::complex's own product is slow because it handles infinities.
Number Times(const Number& a, const Number& b) {
  return {a.real() * b.real() - a.imag() * b.imag(), a.real() * b.imag() + a.imag() * b.real()};
}

// Transforms one axis: x [taps before][7][after] to [before][frequencies][after].
std::vector<Number> Transform(const std::vector<Number>& x, const Waves& waves, std::size_t frequencies,
                              std::size_t after) {
  const std::size_t before = x.size() / (kKernel * after);
  std::vector<Number> y(before * frequencies * after);
  for (std::size_t b = 0; b < before; b++) {
    for (std::size_t k = 0; k < frequencies; k++) {
      Number* to = &y[(b * frequencies + k) * after];
      for (std::size_t tap = 0; tap < kKernel; tap++) {
        const Number* from = &x[(b * kKernel + tap) * after];
        const Number wave = waves[k][tap];
        for (std::size_t a = 0; a < after; a++) to[a] += Times(from[a], wave);
      }
    }
  }
  return y;
}

// Scales and rounds into the columns of its output; `column` points into the first row.
void PlaceSpectrum(const std::vector<Number>& spectrum, float* column) {
  for (std::size_t f = 0; f < spectrum.size(); f++) {
    column[f * kColumns] = static_cast<float>(spectrum[f].real() * kScale);
    column[f * kColumns + kOutputs] = static_cast<float>(spectrum[f].imag() * kScale);
  }
}

// Transforms one pair of channels: kernel [7, 7, 7] to [10, 400].
std::vector<Number> Spectrum(const float* kernel, const Waves& depth, const Waves& plane) {
  const std::vector<Number> taps(kernel, kernel + kTaps);
  const auto slices = Transform(taps, depth, kSlices, kKernel * kKernel);
  return Transform(Transform(slices, plane, kSize, kKernel), plane, kSize, 1);
}

// The rows of one input channel, [10 * 400][48]; zeros for a missing channel.
void PlaceChannel(const float* weights, std::int64_t in, const Waves& depth, const Waves& plane,
                  std::vector<float>& rows) {
  std::fill(rows.begin(), rows.end(), 0.0F);
  for (std::int64_t out = 0; in < kInputs && out < kCandidates; out++) {
    PlaceSpectrum(Spectrum(weights + (out * kInputs + in) * kTaps, depth, plane),
                  &rows[static_cast<std::size_t>(out)]);
  }
}

}  // namespace

std::size_t MaskWeightsBytes() {
  return static_cast<std::size_t>(kSlices * kWeightsSize) * sizeof(float);
}

void LayOutMask(const float* weights, float* laid_out) {
  // Along the depth, output d has the place of input d; along y and x, a tile's first output has the place of
  // its first input, three cells earlier.
  const Waves depth = MakeWaves(0.5, kReach), plane = MakeWaves(0.0, 0);
  std::vector<float> rows(static_cast<std::size_t>(kSlices * kFrequencies * kColumns));
  for (std::int64_t in = 0; in < kChannels; in++) {
    PlaceChannel(weights, in, depth, plane, rows);
    for (std::int64_t f = 0; f < kSlices * kFrequencies; f++) {
      std::copy_n(&rows[static_cast<std::size_t>(f * kColumns)], kColumns,
                  laid_out + f * kMatrix + in * kColumns);
    }
  }
}

}  // namespace kdtalker::kernels
