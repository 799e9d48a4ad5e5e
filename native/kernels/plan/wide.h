// Eight halves or floats that lie side by side, at once: one or two accesses of 16 bytes on a GPU. Addresses
// are multiples of 16 bytes.
#pragma once

#include "kernels/plan/to_blocks.h"

namespace kdtalker::kernels::plan {

inline constexpr int kEight = 8;

// What is accessed, whatever the type of its bytes.
struct alignas(16) [[gnu::may_alias]] FourWords {
  std::uint32_t of[4];
};
struct alignas(16) [[gnu::may_alias]] FourFloats {
  float of[4];
};

KDT_HOST_DEVICE void LoadEight(const Half* from, float (&values)[kEight]) {
  const FourWords pairs = *reinterpret_cast<const FourWords*>(from);
  for (int i = 0; i < 4; i++) {
    values[2 * i] = FloatOf({static_cast<std::uint16_t>(pairs.of[i] & 0xFFFF)});
    values[2 * i + 1] = FloatOf({static_cast<std::uint16_t>(pairs.of[i] >> 16)});
  }
}

KDT_HOST_DEVICE void LoadEight(const float* from, float (&values)[kEight]) {
  const FourFloats low = reinterpret_cast<const FourFloats*>(from)[0],
                   high = reinterpret_cast<const FourFloats*>(from)[1];
  for (int i = 0; i < 4; i++) {
    values[i] = low.of[i];
    values[4 + i] = high.of[i];
  }
}

KDT_HOST_DEVICE void StoreEight(Half* to, const float (&values)[kEight]) {
  FourWords pairs;
  for (int i = 0; i < 4; i++) {
    const Half low = HalfOf(values[2 * i]), high = HalfOf(values[2 * i + 1]);
    pairs.of[i] = low.bits | static_cast<std::uint32_t>(high.bits) << 16;
  }
  *reinterpret_cast<FourWords*>(to) = pairs;
}

}  // namespace kdtalker::kernels::plan
