#pragma once

#include "kernels/cpu/vector.h"

namespace kdtalker::kernels::KDTALKER_ISA {

// exp(x) to 2 units in the last place for x <= 0; below -87 it is 0 or the smallest normal numbers.
KDTALKER_INLINE Vector ExpOfNegative(Vector x) {
  constexpr float kLog2E = 1.44269504088896341F;
  constexpr float kLn2High = 0.693145751953125F, kLn2Low = 1.42860682030941723e-6F;
  constexpr float kRound =
      12582912.0F;  // 1.5 * 2^23: adding it leaves the nearest integer in the lowest bits
  const Vector inside = Max(x, Broadcast(-87.0F));
  const Vector shifted = inside * kLog2E + kRound;
  const Vector power = shifted - kRound;
  const Vector rest = inside - power * kLn2High - power * kLn2Low;
  Vector sum = rest * (1.0F / 5040) + (1.0F / 720);  // Taylor's: |rest| <= ln 2 / 2
  sum = sum * rest + (1.0F / 120);
  sum = sum * rest + (1.0F / 24);
  sum = sum * rest + (1.0F / 6);
  sum = sum * rest + 0.5F;
  sum = sum * rest + 1.0F;
  sum = sum * rest + 1.0F;
  const Words scale = (reinterpret_cast<Words>(shifted) << 23) + 0x3F800000U;
  const Vector result = sum * reinterpret_cast<Vector>(scale);
  return x < -87.0F ? Vector{} : result;
}

}  // namespace kdtalker::kernels::KDTALKER_ISA
