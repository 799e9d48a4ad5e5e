#pragma once

#include <cstdint>
#include <type_traits>

#include "kernels/cpu/bf16.h"
#include "kernels/cpu/conv_kernels.h"
#include "kernels/cpu/isa.h"
#include "kernels/cpu/token_kernels.h"
#include "kernels/cpu/warp_kernels.h"

namespace kdtalker::kernels {

// Conversions between rows of channels and the blocked layout, in pieces (blocked.h).
template <class T>
struct BlockKernels {
  void (*block)(const float* x, T* y, std::int64_t channels, std::int64_t cells, std::int64_t piece);
  void (*unblock)(const T* x, float* y, std::int64_t channels, std::int64_t cells, std::int64_t piece);
};

// Mean and 1 / deviation of a block's channels (statistics.h).
template <class T>
using StatisticsKernel = void (*)(const T* x, float* statistics, std::int64_t cells, float epsilon,
                                  std::int64_t block);

// The kernels that read or write elements of T: float or Bf16.
template <class T>
struct Kernels {
  // Whether there are products of T. Without them conv and tokens must not be used; the rest converts.
  bool multiplies;
  BlockKernels<T> block;
  ConvKernels<T> conv;
  StatisticsKernel<T> statistics;
  WarpKernels<T> warp;
  TokenKernels<T> tokens;
};

// The kernels of one instruction set.
struct CpuKernels {
  Isa isa;
  std::int64_t piece_cells;
  Kernels<float> of_float;
  Kernels<Bf16> of_bf16;
  WarpFloatKernels warp_float;

  template <class T>
  const Kernels<T>& Of() const {
    if constexpr (std::is_same_v<T, Bf16>) {
      return of_bf16;
    } else {
      return of_float;
    }
  }
};

// The kernels of an instruction set; the processor need not have it.
const CpuKernels& CpuKernelsOf(Isa isa);

// The best kernels that this processor runs, or those of KDTALKER_ISA if it names a lower set.
const CpuKernels& BestCpuKernels();

}  // namespace kdtalker::kernels
