// Philox 4x32 with 10 rounds: a counter generator (Salmon et al., "Parallel random numbers: as easy as 1, 2,
// 3", SC 2011). Integers only, so a seed gives the same numbers on every device and in any order of
// evaluation.
#pragma once

#include "kernels/kernel.h"

namespace kdtalker::kernels {

// The purpose of a number: the fourth word of the counter, so that no two uses share a number.
enum class NoisePurpose : std::uint32_t { kInitial = 0, kStep = 1, kBlink = 2 };

struct PhiloxBlock {
  std::uint32_t word[4];
};

KDT_HOST_DEVICE PhiloxBlock PhiloxRound(const PhiloxBlock& in, std::uint32_t key0, std::uint32_t key1) {
  const std::uint64_t a = std::uint64_t{0xD2511F53U} * in.word[0];
  const std::uint64_t b = std::uint64_t{0xCD9E8D57U} * in.word[2];
  return {{static_cast<std::uint32_t>(b >> 32) ^ in.word[1] ^ key0, static_cast<std::uint32_t>(b),
           static_cast<std::uint32_t>(a >> 32) ^ in.word[3] ^ key1, static_cast<std::uint32_t>(a)}};
}

// The four words for `counter` under the key `seed` (low word first).
KDT_HOST_DEVICE PhiloxBlock Philox(PhiloxBlock counter, std::uint64_t seed) {
  std::uint32_t key0 = static_cast<std::uint32_t>(seed);
  std::uint32_t key1 = static_cast<std::uint32_t>(seed >> 32);
  for (int round = 0; round < 10; round++) {
    counter = PhiloxRound(counter, key0, key1);
    key0 += 0x9E3779B9U;  // golden ratio
    key1 += 0xBB67AE85U;  // sqrt(3) - 1
  }
  return counter;
}

}  // namespace kdtalker::kernels
