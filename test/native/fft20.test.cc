// The transforms of the mask convolution, compiled here for plain vectors of four.
#define KDTALKER_ISA fft20_test
#define KDTALKER_LANES 4
#include "kernels/cpu/fft20.h"

#include <doctest/doctest.h>

#include <cmath>
#include <complex>
#include <vector>

#include "kernels/cpu/mask_convolution.h"
#include "kernels/cpu/mask_depth.h"

namespace {

using namespace kdtalker::kernels::fft20_test;
using Number = std::complex<double>;

constexpr double kPi = 3.14159265358979323846;

std::vector<Number> Sequence(int count, double seed) {
  std::vector<Number> x;
  for (int n = 0; n < count; n++) x.emplace_back(std::sin(seed * (n + 1)), std::cos(seed * seed * (n + 2)));
  return x;
}

Number Definition(const std::vector<Number>& x, double frequency) {
  Number sum = 0;
  for (std::size_t n = 0; n < x.size(); n++) {
    sum += x[n] * std::polar(1.0, -2 * kPi * static_cast<double>(n) * frequency / 20);
  }
  return sum;
}

// A different sequence in each lane.
std::vector<std::vector<Number>> Lanes(int count) {
  std::vector<std::vector<Number>> lanes;
  for (int lane = 0; lane < kLanes; lane++) lanes.push_back(Sequence(count, 0.7 + lane));
  return lanes;
}

Complex Gather(const std::vector<std::vector<Number>>& lanes, int n) {
  Complex value{};
  for (int lane = 0; lane < kLanes; lane++) {
    value.re[lane] =
        static_cast<float>(lanes[static_cast<std::size_t>(lane)][static_cast<std::size_t>(n)].real());
    value.im[lane] =
        static_cast<float>(lanes[static_cast<std::size_t>(lane)][static_cast<std::size_t>(n)].imag());
  }
  return value;
}

double Distance(const Complex& got, int lane, Number wanted) {
  return std::abs(Number(static_cast<double>(got.re[lane]), static_cast<double>(got.im[lane])) - wanted);
}

}  // namespace

TEST_CASE("the transform of 20 is what its definition says, in every lane") {
  const auto lanes = Lanes(20);
  Complex spectrum[20];
  Fft20([&](int n) { return Gather(lanes, n); }, [&](int k, const Complex& value) { spectrum[k] = value; });
  for (int k = 0; k < 20; k++) {
    for (int lane = 0; lane < kLanes; lane++) {
      CHECK(Distance(spectrum[k], lane, Definition(lanes[static_cast<std::size_t>(lane)], k)) < 5e-6);
    }
  }
}

TEST_CASE("with its parts exchanged it is the inverse, times 20") {
  const auto lanes = Lanes(20);
  Complex spectrum[20], back[20];
  Fft20([&](int n) { return Gather(lanes, n); }, [&](int k, const Complex& value) { spectrum[k] = value; });
  Fft20([&](int k) { return Complex{spectrum[k].im, spectrum[k].re}; },
        [&](int n, const Complex& value) { back[n] = {value.im / 20, value.re / 20}; });
  for (int n = 0; n < 20; n++) {
    for (int lane = 0; lane < kLanes; lane++) {
      CHECK(Distance(back[n], lane, lanes[static_cast<std::size_t>(lane)][static_cast<std::size_t>(n)]) <
            1e-6);
    }
  }
}

TEST_CASE("sixteen real depths have ten frequencies at odd multiples of pi / 20") {
  auto lanes = Lanes(16);
  for (auto& lane : lanes) {
    for (Number& value : lane) value = value.real();
  }
  Complex spectrum[10];
  DepthSpectrum([&](int n) { return Gather(lanes, n).re; },
                [&](int k, const Complex& value) { spectrum[k] = value; });
  for (int k = 0; k < 10; k++) {
    for (int lane = 0; lane < kLanes; lane++) {
      CHECK(Distance(spectrum[k], lane, Definition(lanes[static_cast<std::size_t>(lane)], k + 0.5)) < 5e-6);
    }
  }
}

TEST_CASE("cosines of multiples of pi / 20 are right in every quadrant") {
  for (int j = 0; j < 200; j++) {
    CHECK(static_cast<double>(Cos40(j)) == doctest::Approx(std::cos(kPi * j / 20)).epsilon(1e-7));
    CHECK(std::abs(static_cast<double>(Sin40(j)) - std::sin(kPi * j / 20)) < 1e-7);
  }
}
