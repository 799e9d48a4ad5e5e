// Halves (IEEE binary16) as functors store them. On a GPU the same roundings are instructions.
#pragma once

#include <cstdint>
#include <cstring>

#include "kernels/kernel.h"

namespace kdtalker::kernels {

struct Half {
  std::uint16_t bits;
};

namespace half {

template <class To, class From>
KDT_HOST_DEVICE To Bits(From from) {
  To to;
  std::memcpy(&to, &from, sizeof(to));
  return to;
}

}  // namespace half

// Exact: every half is a float.
KDT_HOST_DEVICE float FloatOf(Half half) {
#if defined(__CUDA_ARCH__)
  float value = 0.0F;
  asm("cvt.f32.f16 %0, %1;" : "=f"(value) : "h"(half.bits));
  return value;
#else
  const std::uint32_t sign = static_cast<std::uint32_t>(half.bits & 0x8000) << 16;
  const std::uint32_t magnitude = half.bits & 0x7FFF;
  // A half's exponent begins 112 below a float's; the product makes subnormal halves normal floats.
  constexpr float kTwoTo112 = 5192296858534827628530496329220096.0F;
  const float value = half::Bits<float>(magnitude << 13) * kTwoTo112;
  const std::uint32_t word =
      magnitude < 0x7C00 ? half::Bits<std::uint32_t>(value) : 0x7F800000 | magnitude << 13;
  return half::Bits<float>(sign | word);
#endif
}

// To the nearest half, and of two that are as near to the even one.
KDT_HOST_DEVICE Half HalfOf(float value) {
#if defined(__CUDA_ARCH__)
  Half rounded = {};
  asm("cvt.rn.f16.f32 %0, %1;" : "=h"(rounded.bits) : "f"(value));
  return rounded;
#else
  const auto word = half::Bits<std::uint32_t>(value);
  const std::uint32_t magnitude = word & 0x7FFFFFFF;
  std::uint32_t bits = 0;
  if (magnitude > 0x7F800000) {
    bits = 0x7FFF;
  } else if (magnitude >= 0x477FF000) {  // 65520, which is as near to 65536 as to the greatest half
    bits = 0x7C00;
  } else if (magnitude < 0x38800000) {  // 2^-14: the sum's last bit is the last bit of a subnormal half
    bits = half::Bits<std::uint32_t>(half::Bits<float>(magnitude) + 0.5F) - 0x3F000000;
  } else {
    bits = (magnitude - (112U << 23) + 0xFFF + (magnitude >> 13 & 1)) >> 13;
  }
  return {static_cast<std::uint16_t>(bits | (word >> 16 & 0x8000))};
#endif
}

}  // namespace kdtalker::kernels
