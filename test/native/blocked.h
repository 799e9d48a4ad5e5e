// Blocked tensors for tests of the CPU kernels, and the instruction sets that this processor has.
#pragma once

#include <cstdint>
#include <cstring>
#include <vector>

#include "kernels/cpu/bf16.h"
#include "kernels/cpu/isa.h"

namespace blocked {

namespace kernels = kdtalker::kernels;
using kernels::Bf16;

// Values in -1..1, the same on every machine for a seed.
inline float Random(std::uint32_t& state) {
  state = state * 1664525U + 1013904223U;
  return static_cast<float>(state >> 8) / 8388608.0F - 1.0F;
}

inline std::vector<float> RandomFloats(std::size_t count, std::uint32_t seed) {
  std::vector<float> values(count);
  for (float& value : values) value = Random(seed);
  return values;
}

inline float ToFloat(float value) {
  return value;
}
inline float ToFloat(Bf16 value) {
  const std::uint32_t word = std::uint32_t{value.bits} << 16;
  float result;
  std::memcpy(&result, &word, sizeof(word));
  return result;
}
inline void FromFloat(float value, float& to) {
  to = value;
}
inline void FromFloat(float value, Bf16& to) {
  std::uint32_t word;
  std::memcpy(&word, &value, sizeof(word));
  to.bits = static_cast<std::uint16_t>((word + 0x7FFFU + ((word >> 16) & 1U)) >> 16);
}

// [channels, cells] to blocked, rounded to T; `plain` receives the rounded values.
template <class T>
std::vector<T> Blocked(std::vector<float>& plain, int channels, std::int64_t cells) {
  std::vector<T> blocked(static_cast<std::size_t>((channels + 15) / 16 * 16 * cells), T{});
  for (int c = 0; c < channels; c++) {
    for (std::int64_t i = 0; i < cells; i++) {
      T& to = blocked[static_cast<std::size_t>((c / 16 * cells + i) * 16 + c % 16)];
      FromFloat(plain[static_cast<std::size_t>(c * cells + i)], to);
      plain[static_cast<std::size_t>(c * cells + i)] = ToFloat(to);
    }
  }
  return blocked;
}

inline std::vector<kernels::Isa> Isas() {
  std::vector<kernels::Isa> isas;
  for (int i = 0; i <= static_cast<int>(kernels::BestIsa()); i++)
    isas.push_back(static_cast<kernels::Isa>(i));
  return isas;
}

}  // namespace blocked
