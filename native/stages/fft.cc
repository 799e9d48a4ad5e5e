#include "stages/fft.h"

#include <cmath>
#include <numbers>
#include <string>
#include <utility>

#include "core/error.h"

namespace kdtalker::stages {
namespace {

struct Complex {
  double r, i;
};

Complex operator+(Complex a, Complex b) {
  return {a.r + b.r, a.i + b.i};
}
Complex operator-(Complex a, Complex b) {
  return {a.r - b.r, a.i - b.i};
}
Complex operator*(Complex a, Complex b) {
  return {a.r * b.r - a.i * b.i, a.r * b.i + a.i * b.r};
}
Complex operator*(double s, Complex a) {
  return {s * a.r, s * a.i};
}
Complex TimesMinusI(Complex a) {
  return {a.i, -a.r};
}

// exp(-2 pi i k / n), with k taken modulo n first so that the angle is exact.
Complex Root(std::size_t k, std::size_t n) {
  const double angle = -2.0 * std::numbers::pi * static_cast<double>(k % n) / static_cast<double>(n);
  return {std::cos(angle), std::sin(angle)};
}

// Transforms of a fixed length of a[0..radix).
template <std::size_t radix>
struct Butterfly;

template <>
struct Butterfly<4> {
  static void Apply(Complex* a) {
    const Complex even = a[0] + a[2], odd = a[1] + a[3];
    const Complex even_difference = a[0] - a[2], turned = TimesMinusI(a[1] - a[3]);
    a[0] = even + odd;
    a[1] = even_difference + turned;
    a[2] = even - odd;
    a[3] = even_difference - turned;
  }
};

template <>
struct Butterfly<5> {
  static void Apply(Complex* a) {
    const double c1 = 0.30901699437494742410, c2 = -0.80901699437494742410;  // cos(2 pi / 5), cos(4 pi / 5)
    const double s1 = 0.95105651629515357212, s2 = 0.58778525229247312917;   // sin of the same
    const Complex outer = a[1] + a[4], inner = a[2] + a[3];
    const Complex outer_turned = TimesMinusI(a[1] - a[4]), inner_turned = TimesMinusI(a[2] - a[3]);
    const Complex near = a[0] + c1 * outer + c2 * inner, near_turned = s1 * outer_turned + s2 * inner_turned;
    const Complex far = a[0] + c2 * outer + c1 * inner, far_turned = s2 * outer_turned - s1 * inner_turned;
    a[0] = a[0] + outer + inner;
    a[1] = near + near_turned;
    a[2] = far + far_turned;
    a[3] = far - far_turned;
    a[4] = near - near_turned;
  }
};

struct View {
  const double* from_real;
  const double* from_imaginary;
  double* to_real;
  double* to_imaginary;
  const double* cos;  // twiddles, [rest, radix]
  const double* sin;
  std::size_t rest, stride;
};

// to[q + stride (radix p + k)] = w^(p k) sum_j from[q + stride (p + rest j)] exp(-2 pi i j k / radix)
template <std::size_t radix>
void RunPass(const View& v) {
  for (std::size_t p = 0; p < v.rest; p++) {
    const double* cos = v.cos + p * radix;
    const double* sin = v.sin + p * radix;
    for (std::size_t q = 0; q < v.stride; q++) {
      Complex a[radix];
      for (std::size_t j = 0; j < radix; j++) {
        const std::size_t at = q + v.stride * (p + v.rest * j);
        a[j] = {v.from_real[at], v.from_imaginary[at]};
      }
      Butterfly<radix>::Apply(a);
      for (std::size_t k = 0; k < radix; k++) {
        const std::size_t at = q + v.stride * (radix * p + k);
        const Complex value = k == 0 ? a[0] : Complex{cos[k], sin[k]} * a[k];
        v.to_real[at] = value.r;
        v.to_imaginary[at] = value.i;
      }
    }
  }
}

std::size_t RadixOf(std::size_t size) {
  for (const std::size_t radix : {std::size_t{4}, std::size_t{5}}) {
    if (size % radix == 0) return radix;
  }
  throw Error("INVALID_ARGUMENT", "Expected a size of factors 4 and 5 but received " + std::to_string(size));
}

}  // namespace

ComplexFft::Pass ComplexFft::MakePass(std::size_t length, std::size_t stride) {
  Pass pass;
  pass.radix = RadixOf(length);
  pass.rest = length / pass.radix;
  pass.stride = stride;
  for (std::size_t p = 0; p < pass.rest; p++) {
    for (std::size_t k = 0; k < pass.radix; k++) {
      const Complex twiddle = Root(p * k, length);
      pass.cos.push_back(twiddle.r);
      pass.sin.push_back(twiddle.i);
    }
  }
  return pass;
}

ComplexFft::ComplexFft(std::size_t size) : size_(size), work_(2 * size) {
  std::size_t stride = 1;
  for (std::size_t length = size; length > 1; length = passes_.back().rest) {
    passes_.push_back(MakePass(length, stride));
    stride *= passes_.back().radix;
  }
}

void ComplexFft::Run(const Pass& pass, const Planes& from, const Planes& to) const {
  const View view = {from.real,       from.imaginary,  to.real,   to.imaginary,
                     pass.cos.data(), pass.sin.data(), pass.rest, pass.stride};
  if (pass.radix == 4) {
    RunPass<4>(view);
  } else {
    RunPass<5>(view);
  }
}

void ComplexFft::Transform(double* real, double* imaginary) {
  Planes here = {real, imaginary};
  Planes there = {work_.data(), work_.data() + size_};
  for (const Pass& pass : passes_) {
    Run(pass, here, there);
    std::swap(here, there);
  }
  if (here.real == real) return;
  for (std::size_t i = 0; i < size_; i++) {
    real[i] = here.real[i];
    imaginary[i] = here.imaginary[i];
  }
}

RealSpectrum::RealSpectrum(std::size_t size) : half_(size / 2), real_(size / 2), imaginary_(size / 2) {
  for (std::size_t k = 0; k <= size / 2; k++) {
    const Complex root = Root(k, size);
    cos_.push_back(root.r);
    sin_.push_back(root.i);
  }
}

// Even samples are the real part of z, odd ones the imaginary part. Their spectra E and O follow from the
// symmetry of Z, and X[k] = E[k] + exp(-2 pi i k / size) O[k].
void RealSpectrum::Magnitudes(const double* samples, double* magnitudes) {
  const std::size_t n = half_.size();
  for (std::size_t k = 0; k < n; k++) {
    real_[k] = samples[2 * k];
    imaginary_[k] = samples[2 * k + 1];
  }
  half_.Transform(real_.data(), imaginary_.data());
  for (std::size_t k = 0; k <= n; k++) {
    const std::size_t front = k == n ? 0 : k;
    const std::size_t back = k == 0 || k == n ? 0 : n - k;
    const Complex z = {real_[front], imaginary_[front]};
    const Complex mirrored = {real_[back], -imaginary_[back]};
    const Complex even = 0.5 * (z + mirrored);
    const Complex odd = TimesMinusI(0.5 * (z - mirrored));
    const Complex x = even + Complex{cos_[k], sin_[k]} * odd;
    magnitudes[k] = std::sqrt(x.r * x.r + x.i * x.i);
  }
}

}  // namespace kdtalker::stages
