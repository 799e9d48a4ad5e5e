#pragma once

#include <cstdint>

namespace kdtalker::kernels {

// Channels that lie side by side in a blocked tensor (native/ops/README.md), and numbers of a token that are
// worked on together. lib/packs/lowering/domain.ts names the same number.
inline constexpr int kBlock = 16;

// The number of blocks for this number of channels. Always inlined, since it serves every instruction set
// (vector.h).
template <class Count>
__attribute__((always_inline)) constexpr Count BlocksOf(Count channels) {
  return (channels + kBlock - 1) / kBlock;
}

}  // namespace kdtalker::kernels
