#pragma once

#include <cstdint>

namespace kdtalker::kernels {

// A stored bfloat16: the upper half of a float32.
struct Bf16 {
  std::uint16_t bits;
};

// The upper halves of float32 words, rounded to nearest, ties to even; NaN is not preserved. Words are
// integers or vectors of them. Always inlined, as it serves every instruction set (vector.h).
template <class Words>
__attribute__((always_inline)) constexpr Words RoundedHalf(Words words) {
  return (words + 0x7FFFU + ((words >> 16) & 1U)) >> 16;
}

__attribute__((always_inline)) inline Bf16 RoundToBf16(float value) {
  std::uint32_t word;
  __builtin_memcpy(&word, &value, sizeof(word));
  return {static_cast<std::uint16_t>(RoundedHalf(word))};
}

}  // namespace kdtalker::kernels
