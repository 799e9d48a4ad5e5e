// The product of the mask's convolution at one frequency (mask_convolution.h), of real numbers: [tile,
// re|im][channel] with [channel][re|im, candidate].
#pragma once

#include "kernels/cpu/mask_shape.h"
#include "kernels/cpu/vector.h"

namespace kdtalker::kernels::KDTALKER_ISA {

// 24 floats take two overlapping vectors of 16 lanes.
inline constexpr int kOutputStep = kLanes == 16 ? 8 : kLanes;

// Floats of the next matrix that are prefetched during one channel of this one.
inline constexpr std::int64_t kPrefetched = 16;

// An even number of rows [rows, 144] of the spectrum times a matrix [144, 48] to [rows / 2, re|im, 24].
template <int rows>
KDTALKER_INLINE void MaskProductRows(const float* x, const float* matrix, const float* ahead,
                                     float* product) {
  using namespace mask;
  constexpr int kWide = 3;
  alignas(64) float sums[rows][kColumns];
  for (int column = 0; column < kColumns; column += kWide * kLanes) {
    Vector sum[rows][kWide] = {};
    for (std::int64_t channel = 0; channel < kChannels; channel++) {
      const float* w = matrix + channel * kColumns + column;
      if (column == 0) __builtin_prefetch(ahead + channel * kPrefetched);
      const Vector w0 = Load(w), w1 = Load(w + kLanes), w2 = Load(w + 2 * kLanes);
#pragma GCC unroll 16
      for (int row = 0; row < rows; row++) {
        const Vector value = Broadcast(x[row * kChannels + channel]);
        sum[row][0] += value * w0;
        sum[row][1] += value * w1;
        sum[row][2] += value * w2;
      }
    }
#pragma GCC unroll 16
    for (int row = 0; row < rows; row++) {
      for (int i = 0; i < kWide; i++) Store(sums[row] + column + i * kLanes, sum[row][i]);
    }
  }
  for (int row = 0; row < rows; row += 2) {
    const float *re = sums[row], *im = sums[row + 1];
    float* out = product + row * kOutputs;
    for (int i = 0; i + kLanes <= kOutputs; i += kOutputStep) {
      Store(out + i, Load(re + i) - Load(im + kOutputs + i));
      Store(out + kOutputs + i, Load(re + kOutputs + i) + Load(im + i));
    }
  }
}

// spectrum [tile, re|im, 144] times a matrix [144, 48] to product [tile, re|im, 24].
KDTALKER_INLINE void MaskProduct(const float* spectrum, const float* matrix, float* product) {
  using namespace mask;
  constexpr int kStepRows = kLanes == 16 ? 8 : 4;  // the number of rows whose sums fit into registers
  constexpr std::int64_t kWhole = kRows / kStepRows * kStepRows;
  const float* ahead = matrix + kMatrix;
  for (std::int64_t row = 0; row < kWhole; row += kStepRows) {
    MaskProductRows<kStepRows>(spectrum + row * kChannels, matrix, ahead, product + row * kOutputs);
    ahead += ahead < matrix + 2 * kMatrix ? kChannels * kPrefetched : 0;
  }
  MaskProductRows<kRows - kWhole>(spectrum + kWhole * kChannels, matrix, ahead, product + kWhole * kOutputs);
}

}  // namespace kdtalker::kernels::KDTALKER_ISA
