// Transforms a convolution's taps to the matrices of its products (conv_kernels.h), for one instruction set.
#pragma once

#include "kernels/cpu/conv.h"

namespace kdtalker::kernels::KDTALKER_ISA {

// The prefetch distance in kernels: weights come from main memory.
inline constexpr std::int64_t kKernelsAhead = 8;
inline constexpr std::int64_t kKernelSize = kTaps * kBlock;

// U = G g G^T of 16 kernels, given by their nine taps.
template <Method kMethod>
KDTALKER_INLINE void TransformTaps(const float* taps, Block* products) {
  constexpr auto& kMatrices = Matrices<kMethod>::value;
  constexpr int kAxis = kMatrices.kProducts;
  Block rows[kAxis * kSide];
#pragma GCC unroll 16
  for (int i = 0; i < kTaps; i++) __builtin_prefetch(taps + kKernelsAhead * kKernelSize + i * kBlock);
#pragma GCC unroll 4
  for (int x = 0; x < kSide; x++) {
    Block column[kSide];
#pragma GCC unroll 4
    for (int y = 0; y < kSide; y++) column[y] = LoadBlock(taps + (y * kSide + x) * kBlock);
#pragma GCC unroll 8
    for (int i = 0; i < kAxis; i++) rows[i * kSide + x] = Combine(kMatrices.kernel[i], column, 1);
  }
#pragma GCC unroll 8
  for (int i = 0; i < kAxis; i++) {
#pragma GCC unroll 8
    for (int j = 0; j < kAxis; j++)
      products[i * kAxis + j] = Combine(kMatrices.kernel[j], rows + i * kSide, 1);
  }
}

#if defined(__AVX512BF16__)
// A pair of channels in bfloat16, side by side; rounded to nearest, ties to even.
KDTALKER_INLINE void StorePair(Bf16* to, const Block& first, const Block& second) {
  alignas(64) static constexpr std::uint16_t kPairs[32] = {0,  16, 1,  17, 2,  18, 3,  19, 4,  20, 5,
                                                           21, 6,  22, 7,  23, 8,  24, 9,  25, 10, 26,
                                                           11, 27, 12, 28, 13, 29, 14, 30, 15, 31};
  const __m512bh halves =
      _mm512_cvtne2ps_pbh(reinterpret_cast<__m512>(second.part[0]), reinterpret_cast<__m512>(first.part[0]));
  const __m512i pairs =
      _mm512_permutexvar_epi16(_mm512_load_si512(kPairs), reinterpret_cast<__m512i>(halves));
  _mm512_storeu_si512(to, pairs);
}
#endif

template <Method kMethod, class T>
void TransformKernels(const ConvPlan& plan, const float* taps, KernelRange range, T* matrices) {
  constexpr int kProducts = ShapeOf(kMethod).products;
  constexpr int kTogether = sizeof(T) == 2 ? 2 : 1;  // channels
  const std::int64_t width = plan.panel_width(), slice = plan.channels() * width;
  const std::int64_t first =
      (std::int64_t{range.panel} * plan.kernel_depth + range.slice) * plan.panel_blocks;
  for (int block = 0; block < plan.panel_blocks; block++) {
    const float* from = taps + ((first + block) * plan.channels() + range.first) * kKernelSize;
    T* row = matrices + range.slice * slice + range.first * width + block * kBlock * kTogether;
    for (int channel = 0; channel < range.count; channel += kTogether, row += kTogether * width) {
      Block products[kTogether][kProducts];
      for (int i = 0; i < kTogether; i++, from += kKernelSize) TransformTaps<kMethod>(from, products[i]);
      T* to = row;
      for (int i = 0; i < kProducts; i++, to += plan.product_weights()) {
        if constexpr (kTogether == 2) {
          StorePair(to, products[0][i], products[1][i]);
        } else {
          StoreBlock(to, products[0][i]);
        }
      }
    }
  }
}

template <class T>
void TransformKernelsBy(const ConvPlan& plan, const float* taps, KernelRange range, T* matrices) {
  if (plan.method == Method::kWinograd4)
    return TransformKernels<Method::kWinograd4>(plan, taps, range, matrices);
  if constexpr (KeepsTaps(Method::kWinograd2, sizeof(T)))
    TransformKernels<Method::kWinograd2>(plan, taps, range, matrices);
}

}  // namespace kdtalker::kernels::KDTALKER_ISA
