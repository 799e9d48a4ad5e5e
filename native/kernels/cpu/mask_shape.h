// Sizes of the mask convolution by FFT (mask_convolution.h), for the kernels of every instruction set and for
// the layout of its weights.
#pragma once

#include <cstdint>

#include "kernels/cpu/block_size.h"
#include "kernels/cpu/volume.h"

namespace kdtalker::kernels::mask {

inline constexpr std::int64_t kInputs = 142;
inline constexpr std::int64_t kBlocks = 9;                   // of 16 channels
inline constexpr std::int64_t kChannels = kBlocks * kBlock;  // the last two are zeros
inline constexpr std::int64_t kKernel = 7;
inline constexpr std::int64_t kReach = kKernel / 2;

inline constexpr std::int64_t kSize = 20;           // of the transform along each axis
inline constexpr std::int64_t kSlices = kSize / 2;  // frequencies along the depth; the rest are conjugates
inline constexpr std::int64_t kFrequencies = kSize * kSize;  // of a slice, y first
inline constexpr std::int64_t kStep = 13;                    // outputs of a tile along y and x
inline constexpr std::int64_t kTilesAcross = 5;
inline constexpr std::int64_t kTiles = kTilesAcross * kTilesAcross;
inline constexpr std::int64_t kRows = 2 * kTiles;  // of the product: real and imaginary parts of each tile
inline constexpr std::int64_t kOutputs = 24;       // 22 candidates and two zeros
inline constexpr std::int64_t kColumns = 2 * kOutputs;  // real parts of the weights, then imaginary ones
inline constexpr std::int64_t kMatrix = kChannels * kColumns;

static_assert(kSize >= kVolumeDepth + kReach, "wrapping around must not reach a depth");
static_assert(kSize >= kStep + kKernel - 1 && kStep * kTilesAcross >= kVolumeSide);

// Strides, in floats, of the tensors between the steps. Each is one cell longer than needed: elements at
// multiples of 4096 bytes would share a few sets of the cache.
inline constexpr std::int64_t kCell = 2 * kBlock;                                            // [re|im, 16]
inline constexpr std::int64_t kSliceRow = kVolumeSide * kCell + kCell;                       // [x]
inline constexpr std::int64_t kSlice = kBlocks * kVolumeSide * kSliceRow + kCell;            // [9, y, x]
inline constexpr std::int64_t kLine = kTilesAcross * kBlocks * kVolumeSide * kCell + kCell;  // [tile, 9, x]
inline constexpr std::int64_t kOutLine =
    kTilesAcross * kVolumeSide * kColumns + kColumns;                       // [tile, x, re|im, 24]
inline constexpr std::int64_t kOutRow = kVolumeSide * kColumns + kColumns;  // [x, re|im, 24]
static_assert(kVolumeSide * kOutRow <= kSlice, "a slice's outputs take the place of its inputs");

// Sizes of the tensors in floats.
inline constexpr std::int64_t kSlicesSize = kSlices * kSlice;
inline constexpr std::int64_t kLinesSize = kSize * kLine;
inline constexpr std::int64_t kOutLinesSize = kSize * kOutLine;
inline constexpr std::int64_t kWeightsSize = kFrequencies * kMatrix;  // of a slice
// A thread's own memory: a line's spectrum [20, tile, re|im, 144] and its product [20, tile, re|im, 24].
inline constexpr std::int64_t kSpectrumSize = kSize * kRows * kChannels;
inline constexpr std::int64_t kSpaceSize = kSpectrumSize + kSize * kTiles * kColumns;

// The numbers of pieces of the steps' work.
inline constexpr std::int64_t kDepthPieces = kBlocks * kVolumeSide;
inline constexpr std::int64_t kColumnPieces = kTilesAcross * kBlocks;
inline constexpr std::int64_t kLinePieces = kSize;
inline constexpr std::int64_t kCellPieces = kTilesAcross;

}  // namespace kdtalker::kernels::mask
