#pragma once

#include <cstdint>

namespace kdtalker::kernels {

// The number of adjacent channels in a blocked tensor (native/ops/README.md), and of numbers of a token that
// are computed together. lib/packs/lowering/domain.ts has the same number.
inline constexpr int kBlock = 16;

// The number of blocks for this number of channels. Always inlined, since it serves every instruction set
// (vector.h).
template <class Count>
__attribute__((always_inline)) constexpr Count BlocksOf(Count channels) {
  return (channels + kBlock - 1) / kBlock;
}

}  // namespace kdtalker::kernels
