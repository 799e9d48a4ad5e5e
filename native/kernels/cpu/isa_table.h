// The table of the including translation unit's instruction set.
#pragma once

#include "kernels/cpu/blocked.h"
#include "kernels/cpu/conv.h"
#include "kernels/cpu/conv_weights.h"
#include "kernels/cpu/kernel_table.h"
#include "kernels/cpu/statistics.h"
#include "kernels/cpu/tokens.h"
#include "kernels/cpu/warp_table.h"

namespace kdtalker::kernels::KDTALKER_ISA {

// An instruction set without products of T also lacks the functions around them.
template <class T>
inline constexpr ConvKernels<T> kConvKernels = {&TransformKernelsBy<T>, &TransformInBy<T>, &Product<T>,
                                                &TransformOutBy<T>};
template <class T>
inline constexpr TokenKernels<T> kTokenKernels = {&LinearPanel<T>, &NormaliseRows<T>, &AttendHead<T>};

inline constexpr Kernels<float> kFloatKernels = {true,
                                                 {&BlockPiece<float>, &UnblockPiece<float>},
                                                 kConvKernels<float>,
                                                 &Statistics<float>,
                                                 kWarpKernels<float>,
                                                 kTokenKernels<float>};
inline constexpr Kernels<Bf16> kBf16Kernels = {
#if defined(__AVX512BF16__)
    true,
    {&BlockPiece<Bf16>, &UnblockPiece<Bf16>},
    kConvKernels<Bf16>,
    &Statistics<Bf16>,
    kWarpKernels<Bf16>,
    kTokenKernels<Bf16>,
#else
    false, {&BlockPiece<Bf16>, &UnblockPiece<Bf16>}, {}, &Statistics<Bf16>, kWarpKernels<Bf16>, {},
#endif
};

const CpuKernels& Table();  // kernel_table.cc calls it

const CpuKernels& Table() {  // NOLINT(misc-definitions-in-headers): this header is the body of isa_*.cc
  static constexpr CpuKernels kTable = {KDTALKER_ISA_NAME, kPieceCells, kFloatKernels, kBf16Kernels,
                                        kWarpFloatKernels};
  return kTable;
}

}  // namespace kdtalker::kernels::KDTALKER_ISA
