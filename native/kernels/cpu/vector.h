// Vectors of the translation unit's instruction set. Only isa_*.cc include this file (through the kernels'
// headers); they define
//
//   KDTALKER_ISA    the namespace: portable, avx2, avx512, avx512bf16
//   KDTALKER_LANES  floats in a register: 4, 8, 16, 16
//
// All code that depends on the instruction set is in namespace kdtalker::kernels::KDTALKER_ISA and
// instantiates nothing of the standard library. The reason: the linker keeps one copy of an inline function,
// and an older processor must never run a copy with AVX-512.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/cpu/bf16.h"
#include "kernels/cpu/block_size.h"

#if defined(__AVX512BF16__)
#include <immintrin.h>
#endif

#define KDTALKER_INLINE inline __attribute__((always_inline))

namespace kdtalker::kernels::KDTALKER_ISA {

inline constexpr std::int64_t kLanes = KDTALKER_LANES;
inline constexpr int kParts = kBlock / kLanes;

using Vector = float __attribute__((vector_size(4 * KDTALKER_LANES)));
using UnalignedVector = float __attribute__((vector_size(4 * KDTALKER_LANES), aligned(4), may_alias));
using Words = std::uint32_t __attribute__((vector_size(4 * KDTALKER_LANES)));
using Halves = std::uint16_t __attribute__((vector_size(2 * KDTALKER_LANES)));
using UnalignedHalves = std::uint16_t __attribute__((vector_size(2 * KDTALKER_LANES), aligned(2), may_alias));

KDTALKER_INLINE Vector Load(const float* from) {
  return *reinterpret_cast<const UnalignedVector*>(from);
}
KDTALKER_INLINE void Store(float* to, Vector value) {
  *reinterpret_cast<UnalignedVector*>(to) = value;
}
KDTALKER_INLINE Vector Broadcast(float value) {
  return Vector{} + value;
}
KDTALKER_INLINE Vector Load(const Bf16* from) {
  const UnalignedHalves halves = *reinterpret_cast<const UnalignedHalves*>(from);
  const Words words = __builtin_convertvector(static_cast<Halves>(halves), Words) << 16;
  return reinterpret_cast<Vector>(words);
}
// Rounds to nearest, ties to even; NaN is not preserved.
KDTALKER_INLINE void Store(Bf16* to, Vector value) {
#if defined(__AVX512BF16__)
  const __m256bh halves = _mm512_cvtneps_pbh(reinterpret_cast<__m512>(value));
  *reinterpret_cast<UnalignedHalves*>(to) = reinterpret_cast<const Halves&>(halves);
#else
  const Words words = RoundedHalf(reinterpret_cast<Words>(value));
  *reinterpret_cast<UnalignedHalves*>(to) = __builtin_convertvector(words, Halves);
#endif
}
KDTALKER_INLINE Vector Max(Vector a, Vector b) {
  return a > b ? a : b;
}
KDTALKER_INLINE Vector Min(Vector a, Vector b) {
  return a < b ? a : b;
}

// The 16 channels of one cell of a blocked tensor.
struct Block {
  Vector part[kParts];
};

template <class T>
KDTALKER_INLINE Block LoadBlock(const T* from) {
  Block block;
  for (int i = 0; i < kParts; i++) block.part[i] = Load(from + i * kLanes);
  return block;
}
template <class T>
KDTALKER_INLINE void StoreBlock(T* to, const Block& block) {
  for (int i = 0; i < kParts; i++) Store(to + i * kLanes, block.part[i]);
}
KDTALKER_INLINE Block Zero() {
  return Block{};
}
KDTALKER_INLINE Block operator+(const Block& a, const Block& b) {
  Block sum;
  for (int i = 0; i < kParts; i++) sum.part[i] = a.part[i] + b.part[i];
  return sum;
}
KDTALKER_INLINE Block operator-(const Block& a, const Block& b) {
  Block difference;
  for (int i = 0; i < kParts; i++) difference.part[i] = a.part[i] - b.part[i];
  return difference;
}
KDTALKER_INLINE Block operator*(const Block& a, const Block& b) {
  Block product;
  for (int i = 0; i < kParts; i++) product.part[i] = a.part[i] * b.part[i];
  return product;
}
KDTALKER_INLINE Block operator*(const Block& a, float b) {
  Block product;
  for (int i = 0; i < kParts; i++) product.part[i] = a.part[i] * b;
  return product;
}

// max(x, alpha x): ReLU at alpha 0, leaky at less than 1, x itself at 1.
KDTALKER_INLINE Block Leaky(const Block& x, float alpha) {
  Block result;
  for (int i = 0; i < kParts; i++) result.part[i] = Max(x.part[i], x.part[i] * alpha);
  return result;
}

}  // namespace kdtalker::kernels::KDTALKER_ISA
