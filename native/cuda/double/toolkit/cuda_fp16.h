// Halves (IEEE binary16) with NVIDIA's names, for a machine without the toolkit: as much of them as the
// kernels use.
#pragma once

#include <bit>
#include <cstdint>

struct __half {
  std::uint16_t bits;
};

inline __half __ushort_as_half(unsigned short bits) {
  return {bits};
}
inline unsigned short __half_as_ushort(__half half) {
  return half.bits;
}

// Exact: every half is a float.
inline float __half2float(__half half) {
  const std::uint32_t sign = static_cast<std::uint32_t>(half.bits & 0x8000) << 16;
  const std::uint32_t magnitude = half.bits & 0x7FFF;
  // A half's exponent begins 112 below a float's; the product with 2^112 makes subnormal halves normal
  // floats.
  const float value = std::bit_cast<float>(magnitude << 13) * std::bit_cast<float>(239U << 23);
  const std::uint32_t word =
      magnitude < 0x7C00 ? std::bit_cast<std::uint32_t>(value) : 0x7F800000 | magnitude << 13;
  return std::bit_cast<float>(sign | word);
}

// To the nearest half, and of two that are as near to the even one.
inline __half __float2half_rn(float value) {
  const std::uint32_t word = std::bit_cast<std::uint32_t>(value);
  const std::uint32_t magnitude = word & 0x7FFFFFFF;
  std::uint32_t half = 0;
  if (magnitude > 0x7F800000) {
    half = 0x7FFF;
  } else if (magnitude >= 0x477FF000) {  // 65520, which is as near to 65536 as to the greatest half
    half = 0x7C00;
  } else if (magnitude < 0x38800000) {  // 2^-14: the sum's last bit is the last bit of a subnormal half
    half = std::bit_cast<std::uint32_t>(std::bit_cast<float>(magnitude) + 0.5F) - 0x3F000000;
  } else {
    half = (magnitude - (112U << 23) + 0xFFF + (magnitude >> 13 & 1)) >> 13;
  }
  return {static_cast<std::uint16_t>(half | (word >> 16 & 0x8000))};
}
inline __half __float2half(float value) {
  return __float2half_rn(value);
}
