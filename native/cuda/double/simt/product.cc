// The product of tensor cores. A product of two halves is exact in float32, so a fused addition gives the
// same bits as two instructions. Compiled without -fsanitize=thread: what lanes do for each other is no
// access of theirs.
#include <cuda_fp16.h>
#include <immintrin.h>

#include <cstdint>

#include "cuda/double/simt/simt.h"

namespace simt {
namespace {

constexpr int kRows = 16, kColumns = 8, kDepth = 16;

struct Operands {
  alignas(32) std::uint16_t a[kRows][kDepth], b[kDepth][kColumns];
};
using Sums = float[kRows][kColumns];

Operands Gathered(void* const (&lanes)[32]) {
  Operands all;
  for (int lane = 0; lane < 32; lane++) {
    const auto* f = static_cast<const Fragments*>(lanes[lane]);
    const int g = lane / 4, t = lane % 4;
    for (int j = 0; j < 2; j++) {
      for (int i = 0; i < 4; i++)
        all.a[g + i % 2 * 8][2 * t + i / 2 * 8 + j] = static_cast<std::uint16_t>(f->a[i] >> (16 * j));
      for (int i = 0; i < 2; i++)
        all.b[2 * t + 8 * i + j][g] = static_cast<std::uint16_t>(f->b[i] >> (16 * j));
    }
  }
  return all;
}

const float* HalfValues() {
  static const float* values = [] {
    auto* table = new float[65536];
    for (unsigned i = 0; i < 65536; i++)
      table[i] = __half2float(__ushort_as_half(static_cast<unsigned short>(i)));
    return table;
  }();
  return values;
}

void SumOne(const Operands& of, Sums& sums) {
  const float* value = HalfValues();
  for (int row = 0; row < kRows; row++) {
    for (int column = 0; column < kColumns; column++) sums[row][column] = 0;
    for (int k = 0; k < kDepth; k++) {
      for (int column = 0; column < kColumns; column++)
        sums[row][column] += value[of.a[row][k]] * value[of.b[k][column]];
    }
  }
}

__attribute__((target("avx2,f16c,fma"))) void SumEight(const Operands& of, Sums& sums) {
  __m256 b[kDepth];
  for (int k = 0; k < kDepth; k++)
    b[k] = _mm256_cvtph_ps(_mm_load_si128(reinterpret_cast<const __m128i*>(of.b[k])));
  for (int row = 0; row < kRows; row++) {
    alignas(32) float a[kDepth];
    for (int half = 0; half < 2; half++)
      _mm256_store_ps(a + 8 * half, _mm256_cvtph_ps(_mm_load_si128(reinterpret_cast<const __m128i*>(
                                        of.a[row] + std::ptrdiff_t{8} * half))));
    __m256 sum = _mm256_setzero_ps();
    for (int k = 0; k < kDepth; k++) sum = _mm256_fmadd_ps(_mm256_broadcast_ss(a + k), b[k], sum);
    _mm256_storeu_ps(sums[row], sum);
  }
}

const bool kHasEight =
    __builtin_cpu_supports("avx2") && __builtin_cpu_supports("f16c") && __builtin_cpu_supports("fma");

void MultiplyAll(void* const (&lanes)[32], bool wide) {
  const Operands operands = Gathered(lanes);
  Sums sums;
  wide ? SumEight(operands, sums) : SumOne(operands, sums);
  for (int lane = 0; lane < 32; lane++) {
    float* d = static_cast<const Fragments*>(lanes[lane])->d;
    const int g = lane / 4, column = lane % 4 * 2;
    for (int i = 0; i < 4; i++) d[i] += sums[g + i / 2 * 8][column + i % 2];
  }
}

}  // namespace

void Multiply(const Fragments& mine) {
  Fragments given = mine;
  Collective("mma", &given, [](void* const(&lanes)[32]) { MultiplyAll(lanes, kHasEight); });
}

bool MultiplyLanes(const Fragments (&lanes)[32], bool wide) {
  void* each[32];
  for (int lane = 0; lane < 32; lane++) each[lane] = const_cast<Fragments*>(&lanes[lane]);
  MultiplyAll(each, wide && kHasEight);
  return kHasEight;
}

}  // namespace simt
