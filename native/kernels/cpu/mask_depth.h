// The first step of the mask's convolution (mask_convolution.h): a transform along the depth, of 16 cells
// with zeros around them, at 20 frequencies.
//
// The frequencies along the depth are the odd multiples of pi / 20: those of a sequence that changes its sign
// when it wraps around. Nothing wraps here, and a real sequence needs only ten complex numbers, without
// special cases.
#pragma once

#include "kernels/cpu/fft20.h"
#include "kernels/cpu/mask_shape.h"

namespace kdtalker::kernels::KDTALKER_ISA {

// cos(pi j / 20) for any j >= 0.
constexpr float Cos40(std::int64_t j) {
  constexpr double kQuarter[11] = {1.0,
                                   0.98768834059513772619,
                                   0.95105651629515357212,
                                   0.89100652418836786236,
                                   0.80901699437494742410,
                                   0.70710678118654752440,
                                   0.58778525229247312917,
                                   0.45399049973954679156,
                                   0.30901699437494742410,
                                   0.15643446504023086901,
                                   0.0};
  j %= 40;
  if (j > 20) j = 40 - j;
  return static_cast<float>(j > 10 ? -kQuarter[20 - j] : kQuarter[j]);
}
constexpr float Sin40(std::int64_t j) {
  return Cos40(j + 30);
}

// Transform of the 16 depths of one lane. x[m] and x[20 - m] share a cosine up to its sign, and frequency 9 -
// k is frequency k with negated terms of odd m, so a quarter of the products is enough.
template <class LoadAt, class StoreAt>
KDTALKER_INLINE void DepthSpectrum(LoadAt load, StoreAt store) {
  Vector cosine[10], sine[11];  // factors of the cosine and the sine of m
#pragma GCC unroll 5
  for (int m = 0; m < 5; m++) cosine[m] = sine[m] = load(m);
#pragma GCC unroll 5
  for (int m = 5; m < 10; m++) {
    const Vector near = load(m), far = load(20 - m);
    cosine[m] = near - far;
    sine[m] = near + far;
  }
  sine[10] = load(10);
#pragma GCC unroll 5
  for (int k = 0; k < 5; k++) {
    const int turn = 2 * k + 1;
    Vector even = cosine[0], odd = cosine[1] * Cos40(turn);
    Vector sine_even = sine[2] * Sin40(2 * turn), sine_odd = sine[1] * Sin40(turn);
#pragma GCC unroll 5
    for (int m = 2; m < 10; m += 2) even = even + cosine[m] * Cos40(m * turn);
#pragma GCC unroll 5
    for (int m = 3; m < 10; m += 2) odd = odd + cosine[m] * Cos40(m * turn);
#pragma GCC unroll 5
    for (int m = 4; m <= 10; m += 2) sine_even = sine_even + sine[m] * Sin40(m * turn);
#pragma GCC unroll 5
    for (int m = 3; m < 10; m += 2) sine_odd = sine_odd + sine[m] * Sin40(m * turn);
    store(k, Complex{even + odd, Vector{} - sine_even - sine_odd});
    store(9 - k, Complex{even - odd, sine_even - sine_odd});
  }
}

// Row y of block b, piece = 64 b + y: x [9, 16, 64, 64, 16] to slices [10][9, y, x, re|im, 16].
template <class T>
void MaskDepth(const T* x, float* slices, std::int64_t piece) {
  constexpr std::int64_t kPlane = kVolumeSide * kVolumeSide * kBlock;
  const T* from =
      x + (piece / kVolumeSide * kVolumeDepth * kVolumeSide + piece % kVolumeSide) * kVolumeSide * kBlock;
  float* to = slices + piece * mask::kSliceRow;
  for (std::int64_t cell = 0; cell < kVolumeSide; cell++) {
    for (int part = 0; part < kBlock; part += kLanes) {
      const T* lane = from + cell * kBlock + part;
      float* out = to + cell * mask::kCell + part;
      DepthSpectrum([&](int m) KDTALKER_INLINED { return Load(lane + m * kPlane); },
                    [&](int k, const Complex& value) KDTALKER_INLINED {
                      Store(out + k * mask::kSlice, value.re);
                      Store(out + k * mask::kSlice + kBlock, value.im);
                    });
    }
  }
}

}  // namespace kdtalker::kernels::KDTALKER_ISA
