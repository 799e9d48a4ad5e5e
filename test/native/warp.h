// Functions that the tests of the warp network's kernels share.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <vector>

#include "kernels/cpu/kernel_table.h"
#include "kernels/cpu/volume.h"

namespace warp {

using kdtalker::kernels::Bf16;
using kdtalker::kernels::CpuKernels;

inline constexpr std::int64_t kDepth = kdtalker::kernels::kVolumeDepth;
inline constexpr std::int64_t kSide = kdtalker::kernels::kVolumeSide;
inline constexpr std::int64_t kCells = kdtalker::kernels::kVolumeCells;

// The tables of every instruction set that this processor has.
inline std::vector<const CpuKernels*> Tables() {
  std::vector<const CpuKernels*> tables;
  for (int isa = 0; isa <= static_cast<int>(kdtalker::kernels::BestIsa()); isa++) {
    tables.push_back(&kdtalker::kernels::CpuKernelsOf(static_cast<kdtalker::kernels::Isa>(isa)));
  }
  return tables;
}

template <class T>
const kdtalker::kernels::WarpKernels<T>& Of(const CpuKernels& table) {
  return table.Of<T>().warp;
}

class Random {
 public:
  explicit Random(std::uint32_t seed) : state_(seed) {}
  float Next() {  // -1..1
    state_ = state_ * 1664525U + 1013904223U;
    return static_cast<float>(state_ >> 8) / 8388608.0F - 1.0F;
  }
  std::int64_t Below(std::int64_t limit) {
    state_ = state_ * 1664525U + 1013904223U;
    return static_cast<std::int64_t>(state_ >> 8) % limit;
  }
  std::vector<float> Floats(std::int64_t count, float scale = 1.0F) {
    std::vector<float> values(static_cast<std::size_t>(count));
    for (float& value : values) value = Next() * scale;
    return values;
  }

 private:
  std::uint32_t state_;
};

inline double Value(float value) {
  return static_cast<double>(value);
}
inline double Value(Bf16 value) {
  const std::uint32_t word = std::uint32_t{value.bits} << 16;
  float result;
  std::memcpy(&result, &word, sizeof(word));
  return static_cast<double>(result);
}

inline void Round(float value, float* to) {
  *to = value;
}
inline void Round(float value, Bf16* to) {
  std::uint32_t word;
  std::memcpy(&word, &value, sizeof(word));
  to->bits = static_cast<std::uint16_t>((word + 0x7FFFU + ((word >> 16) & 1U)) >> 16);
}

// Random activations [blocks, 16, 64, 64, 16]; channels beyond `channels` are zeros.
template <class T>
std::vector<T> RandomVolume(std::int64_t blocks, std::int64_t channels, std::uint32_t seed) {
  Random random(seed);
  std::vector<T> x(static_cast<std::size_t>(blocks * kCells * 16), T{});
  for (std::size_t i = 0; i < x.size(); i++) {
    const auto channel =
        static_cast<std::int64_t>(i) / (kCells * 16) * 16 + static_cast<std::int64_t>(i) % 16;
    if (channel < channels) Round(random.Next(), &x[i]);
  }
  return x;
}

// Channel c at a place of a blocked volume; zero outside.
template <class T>
double At(const std::vector<T>& x, std::int64_t c, std::int64_t z, std::int64_t y, std::int64_t column) {
  if (z < 0 || z >= kDepth || y < 0 || y >= kSide || column < 0 || column >= kSide) return 0.0;
  return Value(
      x[static_cast<std::size_t>((c / 16 * kCells + (z * kSide + y) * kSide + column) * 16 + c % 16)]);
}

// A trilinear sample; -1 and 1 are the outer faces of the end cells; cell(z, y, x) is 0 outside.
template <class Cell>
double Sample(const Cell& cell, double x, double y, double z) {
  const double at[3] = {((z + 1) * static_cast<double>(kDepth) - 1) / 2,
                        ((y + 1) * static_cast<double>(kSide) - 1) / 2,
                        ((x + 1) * static_cast<double>(kSide) - 1) / 2};
  double sum = 0;
  for (int corner = 0; corner < 8; corner++) {
    double weight = 1;
    std::int64_t index[3];
    for (int axis = 0; axis < 3; axis++) {
      const double below = std::floor(at[axis]);
      const bool upper = (corner >> axis) % 2 != 0;
      if (!(std::abs(below) < 1e6)) return 0.0;
      index[axis] = static_cast<std::int64_t>(below) + (upper ? 1 : 0);
      weight *= upper ? at[axis] - below : 1 - (at[axis] - below);
    }
    sum += weight * cell(index[0], index[1], index[2]);
  }
  return sum;
}

// A cell's coordinate: -1..1, both ends included.
inline double Place(std::int64_t i, std::int64_t length) {
  return 2.0 * static_cast<double>(i) / static_cast<double>(length - 1) - 1.0;
}

inline bool Inside(std::int64_t z, std::int64_t y, std::int64_t x) {
  return z >= 0 && z < kDepth && y >= 0 && y < kSide && x >= 0 && x < kSide;
}

// Root mean square of the differences, relative to that of the wanted values.
class Deviation {
 public:
  void Add(double got, double wanted) {
    error_ += (got - wanted) * (got - wanted);
    scale_ += wanted * wanted;
    worst_ = std::max(worst_, std::abs(got - wanted));
    if (std::isnan(got)) worst_ = error_ = 1e30;
  }
  double Relative() const { return std::sqrt(error_ / scale_); }
  double worst() const { return worst_; }

 private:
  double error_ = 0, scale_ = 0, worst_ = 0;
};

}  // namespace warp
