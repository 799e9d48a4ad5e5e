// Four floats that are computed together: a register where the processor has one that suits, else an array;
// and One, by the same words. All round after each operation, so results are the same to the last bit.
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
  // from[at[i]], and what follows each.
  static void LoadPairs(const float* from, const std::int32_t* at, Four& first, Four& second) {
    const auto pairs = [&](int i) {
      // Not _mm_load_sd: GCC reads a double through it, which must lie at eight bytes.
      const __m128 low = _mm_castsi128_ps(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(from + at[i])));
      return _mm_loadh_pi(low, reinterpret_cast<const __m64*>(from + at[i + 1]));
    };
    const __m128 left = pairs(0), right = pairs(2);
    first.value = _mm_shuffle_ps(left, right, 0x88);
    second.value = _mm_shuffle_ps(left, right, 0xDD);
  }

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
  KDT_HOST_DEVICE static void LoadPairs(const float* from, const std::int32_t* at, Four& first,
                                        Four& second) {
    for (int i = 0; i < 4; i++) {
      first.value[i] = from[at[i]];
      second.value[i] = from[at[i] + 1];
    }
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

struct One {
  float value;

  KDT_HOST_DEVICE static One Of(float each) { return {each}; }
  KDT_HOST_DEVICE static One Load(const float* from) { return {*from}; }
  KDT_HOST_DEVICE void Store(float* to) const { *to = value; }
  KDT_HOST_DEVICE static void LoadPairs(const float* from, const std::int32_t* at, One& first, One& second) {
    first.value = from[*at];
    second.value = from[*at + 1];
  }

  KDT_HOST_DEVICE friend One operator+(One a, One b) { return {a.value + b.value}; }
  KDT_HOST_DEVICE friend One operator-(One a, One b) { return {a.value - b.value}; }
  KDT_HOST_DEVICE friend One operator*(One a, One b) { return {a.value * b.value}; }
};

}  // namespace kdtalker::kernels
