// Four floats that are computed together: a register where the processor has one that suits, else an array.
// Both round after each operation, so results are the same to the last bit.
#pragma once

#include "kernels/kernel.h"

#if defined(__SSE4_1__) && !defined(__CUDACC__)
#include <smmintrin.h>

#include <cstring>
#define KDT_FOUR_IN_REGISTER
#endif

namespace kdtalker::kernels {

#if defined(KDT_FOUR_IN_REGISTER)

struct Four {
  __m128 value;

  static Four Of(float each) { return {_mm_set1_ps(each)}; }
  static Four Load(const float* from) { return {_mm_loadu_ps(from)}; }
  // Four bytes as numbers.
  static Four Load(const std::uint8_t* from) {
    std::int32_t bytes;
    std::memcpy(&bytes, from, sizeof(bytes));
    return {_mm_cvtepi32_ps(_mm_cvtepu8_epi32(_mm_cvtsi32_si128(bytes)))};
  }
  void Store(float* to) const { _mm_storeu_ps(to, value); }

  friend Four operator+(Four a, Four b) { return {_mm_add_ps(a.value, b.value)}; }
  friend Four operator-(Four a, Four b) { return {_mm_sub_ps(a.value, b.value)}; }
  friend Four operator*(Four a, Four b) { return {_mm_mul_ps(a.value, b.value)}; }
};

#else

struct Four {
  float value[4];

  KDT_HOST_DEVICE static Four Of(float each) { return {{each, each, each, each}}; }
  template <class T>
  KDT_HOST_DEVICE static Four Load(const T* from) {
    return {{static_cast<float>(from[0]), static_cast<float>(from[1]), static_cast<float>(from[2]),
             static_cast<float>(from[3])}};
  }
  KDT_HOST_DEVICE void Store(float* to) const {
    for (int i = 0; i < 4; i++) to[i] = value[i];
  }

  KDT_HOST_DEVICE friend Four operator+(Four a, Four b) {
    for (int i = 0; i < 4; i++) a.value[i] += b.value[i];
    return a;
  }
  KDT_HOST_DEVICE friend Four operator-(Four a, Four b) {
    for (int i = 0; i < 4; i++) a.value[i] -= b.value[i];
    return a;
  }
  KDT_HOST_DEVICE friend Four operator*(Four a, Four b) {
    for (int i = 0; i < 4; i++) a.value[i] *= b.value[i];
    return a;
  }
};

#endif

}  // namespace kdtalker::kernels
