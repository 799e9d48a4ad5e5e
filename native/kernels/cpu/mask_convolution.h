// The mask's 7x7x7 convolution, 142 channels to 22 on 16x64x64 cells (model 9), by Fourier transforms:
//
//   1 MaskDepth    along the depth, whole volume: 16 cells, nothing around them, at 20 frequencies
//   for each of the 10 slices that this leaves, one a frequency:
//   2 MaskColumns  along y, in five overlapping tiles
//   3 MaskLine     at each frequency along y: along x, in five tiles; at each of 20 frequencies a real
//   product of
//                  [tile, re|im][channel] with [channel][re|im, candidate]; and back along x
//   4 MaskCells    back along y
//   and back along the depth where the mask is used (mask_motion.h).
//
// The large tensors, all tiles at all frequencies, exist for one line at a time, in a core's own cache. Steps
// are cut into pieces (mask_shape.h) that any threads may share.
//
// The frequencies along the depth are the odd multiples of pi / 20: those of a sequence that changes its sign
// when it wraps around. Nothing wraps here, and of a real sequence ten complex numbers remain, none of them
// special.
#pragma once

#include "kernels/cpu/fft20.h"
#include "kernels/cpu/mask_shape.h"

namespace kdtalker::kernels::KDTALKER_ISA {

// cos(pi j / 20) for any j >= 0.
constexpr float Cos40(std::int64_t j) {
  constexpr double kQuarter[11] = {1.0,
                                   0.98768834059513772619,
                                   0.95105651629515357212,
                                   0.89100652418836786236,
                                   0.80901699437494742410,
                                   0.70710678118654752440,
                                   0.58778525229247312917,
                                   0.45399049973954679156,
                                   0.30901699437494742410,
                                   0.15643446504023086901,
                                   0.0};
  j %= 40;
  if (j > 20) j = 40 - j;
  return static_cast<float>(j > 10 ? -kQuarter[20 - j] : kQuarter[j]);
}
constexpr float Sin40(std::int64_t j) {
  return Cos40(j + 30);
}

// Transform of the 16 depths of one lane. x[m] and x[20 - m] share a cosine up to its sign, and frequency 9 -
// k is frequency k with the signs of odd m turned, so a quarter of the products is left.
template <class LoadAt, class StoreAt>
KDTALKER_INLINE void DepthSpectrum(LoadAt load, StoreAt store) {
  Vector cosine[10], sine[11];  // what the cosine and the sine of m are multiplied with
#pragma GCC unroll 5
  for (int m = 0; m < 5; m++) cosine[m] = sine[m] = load(m);
#pragma GCC unroll 5
  for (int m = 5; m < 10; m++) {
    const Vector near = load(m), far = load(20 - m);
    cosine[m] = near - far;
    sine[m] = near + far;
  }
  sine[10] = load(10);
#pragma GCC unroll 5
  for (int k = 0; k < 5; k++) {
    const int turn = 2 * k + 1;
    Vector even = cosine[0], odd = cosine[1] * Cos40(turn);
    Vector sine_even = sine[2] * Sin40(2 * turn), sine_odd = sine[1] * Sin40(turn);
#pragma GCC unroll 5
    for (int m = 2; m < 10; m += 2) even = even + cosine[m] * Cos40(m * turn);
#pragma GCC unroll 5
    for (int m = 3; m < 10; m += 2) odd = odd + cosine[m] * Cos40(m * turn);
#pragma GCC unroll 5
    for (int m = 4; m <= 10; m += 2) sine_even = sine_even + sine[m] * Sin40(m * turn);
#pragma GCC unroll 5
    for (int m = 3; m < 10; m += 2) sine_odd = sine_odd + sine[m] * Sin40(m * turn);
    store(k, Complex{even + odd, Vector{} - sine_even - sine_odd});
    store(9 - k, Complex{even - odd, sine_even - sine_odd});
  }
}

// Row y of block b, piece = 64 b + y: x [9, 16, 64, 64, 16] to slices [10][9, y, x, re|im, 16].
template <class T>
void MaskDepth(const T* x, float* slices, std::int64_t piece) {
  constexpr std::int64_t kPlane = kVolumeSide * kVolumeSide * kBlock;
  const T* from =
      x + (piece / kVolumeSide * kVolumeDepth * kVolumeSide + piece % kVolumeSide) * kVolumeSide * kBlock;
  float* to = slices + piece * mask::kSliceRow;
  for (std::int64_t cell = 0; cell < kVolumeSide; cell++) {
    for (int part = 0; part < kBlock; part += kLanes) {
      const T* lane = from + cell * kBlock + part;
      float* out = to + cell * mask::kCell + part;
      DepthSpectrum([&](int m) KDTALKER_INLINED { return Load(lane + m * kPlane); },
                    [&](int k, const Complex& value) KDTALKER_INLINED {
                      Store(out + k * mask::kSlice, value.re);
                      Store(out + k * mask::kSlice + kBlock, value.im);
                    });
    }
  }
}

// What a tile reads beyond the volume.
alignas(64) inline constexpr float kNothing[mask::kCell] = {};

KDTALKER_INLINE Complex LoadComplex(const float* cell) {
  return {Load(cell), Load(cell + kBlock)};
}

// Tile t along y of block b, piece = 9 t + b: a slice [9, y, x, re|im, 16] to lines [20][t, b, x, re|im, 16].
inline void MaskColumns(const float* slice, float* lines, std::int64_t piece) {
  using namespace mask;
  const std::int64_t top = piece / kBlocks * kStep - kReach;
  const float* from = slice + piece % kBlocks * kVolumeSide * kSliceRow;
  float* to = lines + piece * kVolumeSide * kCell;
  for (std::int64_t i = 0; i < kVolumeSide * kCell; i += kCell) {
    for (int part = 0; part < kBlock; part += kLanes) {
      Fft20(
          [&](int n) KDTALKER_INLINED {
            const std::int64_t y = top + n;
            return LoadComplex(y >= 0 && y < kVolumeSide ? from + y * kSliceRow + i + part : kNothing);
          },
          [&](int k, const Complex& value) KDTALKER_INLINED {
            Store(to + k * kLine + i + part, value.re);
            Store(to + k * kLine + i + part + kBlock, value.im);
          });
    }
  }
}

// A line [tile, 9, x, re|im, 16] to its spectrum [20, tile y, tile x, re|im, 144].
KDTALKER_INLINE void MaskLineSpectrum(const float* line, float* spectrum) {
  using namespace mask;
  for (std::int64_t row = 0; row < kTilesAcross * kBlocks; row++) {
    for (std::int64_t across = 0; across < kTilesAcross; across++) {
      const std::int64_t left = across * kStep - kReach, tile = row / kBlocks * kTilesAcross + across;
      for (int part = 0; part < kBlock; part += kLanes) {
        const float* from = line + (row * kVolumeSide + left) * kCell + part;
        float* to = spectrum + tile * 2 * kChannels + row % kBlocks * kBlock + part;
        Fft20(
            [&](int n) KDTALKER_INLINED {
              const std::int64_t x = left + n;
              return LoadComplex(x >= 0 && x < kVolumeSide ? from + n * kCell : kNothing);
            },
            [&](int k, const Complex& value) KDTALKER_INLINED {
              Store(to + k * kRows * kChannels, value.re);
              Store(to + k * kRows * kChannels + kChannels, value.im);
            });
      }
    }
  }
}

// 24 floats by vectors of 16 lanes: two that overlap.
inline constexpr int kOutputStep = kLanes == 16 ? 8 : kLanes;

// Floats of the next matrix that are fetched into the cache while a channel of this one is in work.
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
  constexpr int kStepRows = kLanes == 16 ? 8 : 4;  // as many as the registers hold sums of
  constexpr std::int64_t kWhole = kRows / kStepRows * kStepRows;
  const float* ahead = matrix + kMatrix;
  for (std::int64_t row = 0; row < kWhole; row += kStepRows) {
    MaskProductRows<kStepRows>(spectrum + row * kChannels, matrix, ahead, product + row * kOutputs);
    ahead += ahead < matrix + 2 * kMatrix ? kChannels * kPrefetched : 0;
  }
  MaskProductRows<kRows - kWhole>(spectrum + kWhole * kChannels, matrix, ahead, product + kWhole * kOutputs);
}

// Products [20, tile y, tile x, re|im, 24] to a line of outputs [tile y, x, re|im, 24].
KDTALKER_INLINE void MaskLineBack(const float* product, float* line) {
  using namespace mask;
  for (std::int64_t tile = 0; tile < kTiles; tile++) {
    const std::int64_t left = tile % kTilesAcross * kStep;
    const std::int64_t width = kVolumeSide - left < kStep ? kVolumeSide - left : kStep;
    for (int part = 0; part + kLanes <= kOutputs; part += kOutputStep) {
      const float* from = product + tile * kColumns + part;
      float* to = line + (tile / kTilesAcross * kVolumeSide + left) * kColumns + part;
      Fft20(
          [&](int k) KDTALKER_INLINED {
            const float* value = from + k * kTiles * kColumns;
            return Complex{Load(value + kOutputs), Load(value)};
          },
          [&](int n, const Complex& value) KDTALKER_INLINED {
            if (n >= width) return;
            Store(to + n * kColumns, value.im);
            Store(to + n * kColumns + kOutputs, value.re);
          });
    }
  }
}

// Frequency `piece` along y: lines [20][tile, 9, x, re|im, 16] and a slice's weights [20, 20, 144, 48] to
// outputs [20][tile, x, re|im, 24]. `space` is the thread's own.
inline void MaskLine(const float* lines, const float* weights, float* outputs, float* space,
                     std::int64_t piece) {
  using namespace mask;
  float* product = space + kSpectrumSize;
  MaskLineSpectrum(lines + piece * kLine, space);
  for (std::int64_t k = 0; k < kSize; k++) {
    MaskProduct(space + k * kRows * kChannels, weights + (piece * kSize + k) * kMatrix,
                product + k * kTiles * kColumns);
  }
  MaskLineBack(product, outputs + piece * kOutLine);
}

// Tile `piece` along y: outputs [20][tile, x, re|im, 24] to a slice [y, x, re|im, 24].
inline void MaskCells(const float* outputs, float* slice, std::int64_t piece) {
  using namespace mask;
  const std::int64_t top = piece * kStep;
  const std::int64_t height = kVolumeSide - top < kStep ? kVolumeSide - top : kStep;
  const float* from = outputs + piece * kVolumeSide * kColumns;
  float* to = slice + top * kOutRow;
  for (std::int64_t x = 0; x < kVolumeSide; x++) {
    for (int part = 0; part + kLanes <= kOutputs; part += kOutputStep) {
      const std::int64_t at = x * kColumns + part;
      Fft20(
          [&](int k) KDTALKER_INLINED {
            return Complex{Load(from + k * kOutLine + at + kOutputs), Load(from + k * kOutLine + at)};
          },
          [&](int n, const Complex& value) KDTALKER_INLINED {
            if (n >= height) return;
            Store(to + n * kOutRow + at, value.im);
            Store(to + n * kOutRow + at + kOutputs, value.re);
          });
    }
  }
}

}  // namespace kdtalker::kernels::KDTALKER_ISA
