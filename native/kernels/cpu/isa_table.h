// The table of the instruction set that the including translation unit is compiled for.
#pragma once

#include "kernels/cpu/blocked.h"
#include "kernels/cpu/conv.h"
#include "kernels/cpu/conv_weights.h"
#include "kernels/cpu/kernel_table.h"
#include "kernels/cpu/statistics.h"
#include "kernels/cpu/tokens.h"
#include "kernels/cpu/warp_table.h"

namespace kdtalker::kernels::KDTALKER_ISA {

#if defined(__AVX512BF16__)
inline constexpr auto kBf16Kernels = &TransformKernelsBy<Bf16>;
inline constexpr auto kBf16Product = &Product<Bf16>;
inline constexpr auto kBf16Linear = &LinearPanel<Bf16>;
#else
inline constexpr decltype(ConvKernels<Bf16>::transform_kernels) kBf16Kernels = nullptr;
inline constexpr decltype(ConvKernels<Bf16>::product) kBf16Product = nullptr;
inline constexpr decltype(TokenKernels<Bf16>::linear) kBf16Linear = nullptr;
#endif

const CpuKernels& Table();  // kernel_table.cc calls it

const CpuKernels& Table() {  // NOLINT(misc-definitions-in-headers): this header is the body of isa_*.cc
  static constexpr CpuKernels kTable = {
      KDTALKER_ISA_NAME,
      kPieceCells,
      {&BlockPiece<float>, &UnblockPiece<float>},
      {&BlockPiece<Bf16>, &UnblockPiece<Bf16>},
      {&TransformKernelsBy<float>, &TransformInBy<float>, &Product<float>, &TransformOutBy<float>},
      {kBf16Kernels, &TransformInBy<Bf16>, kBf16Product, &TransformOutBy<Bf16>},
      &Statistics<float>,
      &Statistics<Bf16>,
      kWarpKernels<float>,
      kWarpKernels<Bf16>,
      kWarpFloatKernels,
      {&LinearPanel<float>, &NormaliseRows<float>, &AttendHead<float>},
      {kBf16Linear, &NormaliseRows<Bf16>, &AttendHead<Bf16>},
  };
  return kTable;
}

}  // namespace kdtalker::kernels::KDTALKER_ISA
