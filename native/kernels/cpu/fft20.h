// Discrete Fourier transforms of 20 complex numbers, one in each lane, by the prime factor algorithm of Good
// and Thomas: with n = 5 n1 + 4 n2 and k = 5 k1 + 16 k2 (mod 20) the transform is one of 4 along n1 and one
// of 5 along n2, without twiddle factors between them.
#pragma once

#include "kernels/cpu/vector.h"

// An attribute for lambdas, after their parameters.
#define KDTALKER_INLINED __attribute__((always_inline))

namespace kdtalker::kernels::KDTALKER_ISA {

struct Complex {
  Vector re, im;
};

KDTALKER_INLINE Complex operator+(const Complex& a, const Complex& b) {
  return {a.re + b.re, a.im + b.im};
}
KDTALKER_INLINE Complex operator-(const Complex& a, const Complex& b) {
  return {a.re - b.re, a.im - b.im};
}
// a - i b and a + i b.
KDTALKER_INLINE Complex MinusTurned(const Complex& a, const Complex& b) {
  return {a.re + b.im, a.im - b.re};
}
KDTALKER_INLINE Complex PlusTurned(const Complex& a, const Complex& b) {
  return {a.re - b.im, a.im + b.re};
}
KDTALKER_INLINE Complex Mix(const Complex& a, float p, const Complex& b, float q) {
  return {a.re * p + b.re * q, a.im * p + b.im * q};
}

// In place.
KDTALKER_INLINE void Fft4(Complex (&x)[4]) {
  const Complex even = x[0] + x[2], odd = x[1] + x[3];
  const Complex first = x[0] - x[2], second = x[1] - x[3];
  x[0] = even + odd;
  x[1] = MinusTurned(first, second);
  x[2] = even - odd;
  x[3] = PlusTurned(first, second);
}

KDTALKER_INLINE void Fft5(Complex (&x)[5]) {
  constexpr float kCos1 = 0.309016994374947424F, kCos2 = -0.809016994374947424F;
  constexpr float kSin1 = 0.951056516295153572F, kSin2 = 0.587785252292473129F;
  const Complex outer = x[1] + x[4], inner = x[2] + x[3];
  const Complex outer_odd = x[1] - x[4], inner_odd = x[2] - x[3];
  const Complex even1 = x[0] + Mix(outer, kCos1, inner, kCos2);
  const Complex even2 = x[0] + Mix(outer, kCos2, inner, kCos1);
  const Complex odd1 = Mix(outer_odd, kSin1, inner_odd, kSin2);
  const Complex odd2 = Mix(outer_odd, kSin2, inner_odd, -kSin1);
  x[0] = x[0] + outer + inner;
  x[1] = MinusTurned(even1, odd1);
  x[2] = MinusTurned(even2, odd2);
  x[3] = PlusTurned(even2, odd2);
  x[4] = PlusTurned(even1, odd1);
}

// store(k, sum over n of load(n) exp(-2 pi i n k / 20)) for k = 0..19; every load comes before the first
// store. With real and imaginary parts exchanged on both sides it is the inverse transform, times 20.
template <class LoadAt, class StoreAt>
KDTALKER_INLINE void Fft20(LoadAt load, StoreAt store) {
  Complex columns[5][4];
#pragma GCC unroll 5
  for (int n2 = 0; n2 < 5; n2++) {
#pragma GCC unroll 4
    for (int n1 = 0; n1 < 4; n1++) columns[n2][n1] = load((5 * n1 + 4 * n2) % 20);
    Fft4(columns[n2]);
  }
#pragma GCC unroll 4
  for (int k1 = 0; k1 < 4; k1++) {
    Complex row[5] = {columns[0][k1], columns[1][k1], columns[2][k1], columns[3][k1], columns[4][k1]};
    Fft5(row);
#pragma GCC unroll 5
    for (int k2 = 0; k2 < 5; k2++) store((5 * k1 + 16 * k2) % 20, row[k2]);
  }
}

}  // namespace kdtalker::kernels::KDTALKER_ISA
