// The mask's 7x7x7 convolution, 142 channels to 22 on 16x64x64 cells (docs/model.md 9), by Fourier
// transforms:
//
//   1 MaskDepth    along the depth, whole volume (mask_depth.h)
//   for each of the 10 slices that this leaves, one a frequency:
//   2 MaskColumns  along y, in five overlapping tiles
//   3 MaskLine     at each frequency along y: along x, in five tiles; at each of 20 frequencies a product
//                  (mask_product.h); and back along x
//   4 MaskCells    back along y
//   and back along the depth where the mask is used (mask_motion.h).
//
// The large tensors, all tiles at all frequencies, exist for one line at a time, in a core's own cache. Steps
// are divided into pieces (mask_shape.h) that any threads can share.
#pragma once

#include "kernels/cpu/fft20.h"
#include "kernels/cpu/mask_product.h"
#include "kernels/cpu/mask_shape.h"

namespace kdtalker::kernels::KDTALKER_ISA {

// The values of a tile beyond the volume.
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
