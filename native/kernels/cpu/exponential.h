// The exponential of float32 vectors, to 2 units in the last place.
#pragma once

#include "kernels/cpu/vector.h"

namespace kdtalker::kernels::KDTALKER_ISA {

// ln 2 in two parts; the first has few digits, so its multiples are exact.
struct TwoPartLn2 {
  float high, low;
};

// e^x for -87 <= x <= 88: 2^n e^rest with |rest| <= ln 2 / 2; e^rest by Taylor's polynomial of degree 7.
KDTALKER_INLINE Vector ExpInside(Vector x, TwoPartLn2 ln2) {
  constexpr float kLog2E = 1.44269504088896341F;
  constexpr float kRound = 12582912.0F;  // 1.5 * 2^23: adding it leaves a whole number in the low bits
  const Vector shifted = x * kLog2E + kRound;
  const Vector power = shifted - kRound;
  const Vector rest = x - power * ln2.high - power * ln2.low;
  Vector sum = rest * (1.0F / 5040) + (1.0F / 720);
  sum = sum * rest + (1.0F / 120);
  sum = sum * rest + (1.0F / 24);
  sum = sum * rest + (1.0F / 6);
  sum = sum * rest + 0.5F;
  sum = sum * rest + 1.0F;
  sum = sum * rest + 1.0F;
  const Words scale = (reinterpret_cast<Words>(shifted) + 127U) << 23;
  return sum * reinterpret_cast<Vector>(scale);
}

// e^x for any x, clamped to the range of float32.
KDTALKER_INLINE Vector Exp(Vector x) {
  return ExpInside(Min(Max(x, Broadcast(-87.0F)), Broadcast(88.0F)), {0.693359375F, -2.12194440e-4F});
}

// e^x for x <= 0, which is 0 below -87.
KDTALKER_INLINE Vector ExpOfNegative(Vector x) {
  const Vector inside = Max(x, Broadcast(-87.0F));
  return x < -87.0F ? Vector{} : ExpInside(inside, {0.693145751953125F, 1.42860682030941723e-6F});
}

}  // namespace kdtalker::kernels::KDTALKER_ISA
