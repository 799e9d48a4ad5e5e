#include "stages/fft.h"

#include <doctest/doctest.h>

#include <cmath>
#include <complex>
#include <cstddef>
#include <numbers>
#include <vector>

namespace {

std::vector<double> Signal(std::size_t size, double seed) {
  std::vector<double> values(size);
  for (std::size_t i = 0; i < size; i++)
    values[i] = std::sin(seed * static_cast<double>(i * i % 1009) + seed);
  return values;
}

std::vector<std::complex<double>> Sum(const std::vector<double>& real, const std::vector<double>& imaginary) {
  const std::size_t n = real.size();
  std::vector<std::complex<double>> out(n);
  for (std::size_t k = 0; k < n; k++) {
    for (std::size_t i = 0; i < n; i++) {
      const double angle = -2 * std::numbers::pi * static_cast<double>(k * i % n) / static_cast<double>(n);
      out[k] += std::complex<double>(real[i], imaginary[i]) * std::polar(1.0, angle);
    }
  }
  return out;
}

}  // namespace

TEST_CASE("the transform is its defining sum, for every kind of size that is used") {
  for (const std::size_t size : {1, 4, 5, 16, 20, 25, 80, 100, 400}) {
    std::vector<double> real = Signal(size, 0.7), imaginary = Signal(size, 1.3);
    const auto wanted = Sum(real, imaginary);
    kdtalker::stages::ComplexFft(size).Transform(real.data(), imaginary.data());
    for (std::size_t k = 0; k < size; k++) {
      CHECK(std::abs(std::complex<double>(real[k], imaginary[k]) - wanted[k]) < 1e-11);
    }
  }
}

TEST_CASE("magnitudes of real data are those of the whole transform") {
  for (const std::size_t size : {2, 8, 40, 800}) {
    const std::vector<double> samples = Signal(size, 0.9);
    const auto wanted = Sum(samples, std::vector<double>(size, 0.0));
    std::vector<double> magnitudes(size / 2 + 1);
    kdtalker::stages::RealSpectrum spectrum(size);
    for (int time = 0; time < 2; time++) {  // its workspace leaves no traces
      spectrum.Magnitudes(samples.data(), magnitudes.data());
      for (std::size_t k = 0; k <= size / 2; k++)
        CHECK(std::abs(magnitudes[k] - std::abs(wanted[k])) < 1e-11);
    }
  }
}

TEST_CASE("a size that has other factors than 4 and 5 is refused") {
  for (const std::size_t size : {2, 3, 7, 8, 30, 401})
    CHECK_THROWS_WITH(kdtalker::stages::ComplexFft{size}, doctest::Contains("factors 4 and 5"));
}
