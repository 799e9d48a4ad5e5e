#pragma once

#include <cstdint>

#include "kernels/cpu/bf16.h"
#include "kernels/cpu/conv_kernels.h"
#include "kernels/cpu/isa.h"
#include "kernels/cpu/token_kernels.h"
#include "kernels/cpu/warp_kernels.h"

namespace kdtalker::kernels {

// Between rows of channels and the blocked layout, in pieces (blocked.h).
template <class T>
struct BlockKernels {
  void (*block)(const float* x, T* y, std::int64_t channels, std::int64_t cells, std::int64_t piece);
  void (*unblock)(const T* x, float* y, std::int64_t channels, std::int64_t cells, std::int64_t piece);
};

// Mean and 1 / deviation of a block's channels (statistics.h).
template <class T>
using StatisticsKernel = void (*)(const T* x, float* statistics, std::int64_t cells, float epsilon,
                                  std::int64_t block);

// The kernels of one instruction set.
struct CpuKernels {
  Isa isa;
  std::int64_t piece_cells;
  BlockKernels<float> block;
  BlockKernels<Bf16> block_bf16;
  ConvKernels<float> conv;
  ConvKernels<Bf16> conv_bf16;  // transform_kernels, product: null without AVX512-BF16
  StatisticsKernel<float> statistics;
  StatisticsKernel<Bf16> statistics_bf16;
  WarpKernels<float> warp;
  WarpKernels<Bf16> warp_bf16;
  WarpFloatKernels warp_float;
  TokenKernels<float> tokens;
  TokenKernels<Bf16> tokens_bf16;  // linear: null without AVX512-BF16
};

// Those of one instruction set; the processor need not have it.
const CpuKernels& CpuKernelsOf(Isa isa);

// The best that this processor runs, or less where KDTALKER_ISA asks for less.
const CpuKernels& BestCpuKernels();

}  // namespace kdtalker::kernels
