// The occlusion map (docs/model.md 9): a 7x7 convolution of all 142 * 16 channels of a plane to one, then a
// sigmoid. Lanes are input channels until the end. A piece is four depths of one block. The pieces' sums are
// added afterwards, in the same order for any number of threads.
#pragma once

#include "kernels/cpu/exponential.h"
#include "kernels/cpu/volume.h"

namespace kdtalker::kernels::KDTALKER_ISA {

inline constexpr std::int64_t kOcclusionKernel = 7;
inline constexpr std::int64_t kOcclusionReach = kOcclusionKernel / 2;
inline constexpr std::int64_t kOcclusionDepths = 4;  // of a piece
inline constexpr std::int64_t kOcclusionRows = 8;    // computed together: their sums stay in the L1 cache
inline constexpr std::int64_t kOcclusionWide = kVolumeSide + 2 * kOcclusionReach;
inline constexpr std::int64_t kOcclusionHigh = kOcclusionRows + 2 * kOcclusionReach;

// Rows top - 3 .. top + 10 of a plane [64, 64, 16] as float32 with zeros around them.
template <class T>
KDTALKER_INLINE void PadRows(const T* plane, std::int64_t top, float* rows) {
  for (std::int64_t i = 0; i < kOcclusionHigh; i++) {
    const std::int64_t y = top - kOcclusionReach + i;
    const bool inside = y >= 0 && y < kVolumeSide;
    float* to = rows + (i * kOcclusionWide + kOcclusionReach) * kBlock;
    for (std::int64_t x = 0; x < kVolumeSide; x++) {
      StoreBlock(to + x * kBlock, inside ? LoadBlock(plane + (y * kVolumeSide + x) * kBlock) : Zero());
    }
  }
}

// Adds the weighted 7x7 cells to kTile neighbouring sums (one register of channels each).
template <int tile>
KDTALKER_INLINE void AddWindow(const float* rows, const float* weights, float* sums) {
  Vector sum[tile];
#pragma GCC unroll 16
  for (int i = 0; i < tile; i++) sum[i] = Load(sums + i * kBlock);
  for (std::int64_t ky = 0; ky < kOcclusionKernel; ky++) {
    Vector weight[kOcclusionKernel];
#pragma GCC unroll 16
    for (int kx = 0; kx < kOcclusionKernel; kx++) {
      weight[kx] = Load(weights + (ky * kOcclusionKernel + kx) * kBlock);
    }
    const float* row = rows + ky * kOcclusionWide * kBlock;
#pragma GCC unroll 32
    for (int cell = 0; cell < tile + kOcclusionKernel - 1; cell++) {
      const Vector value = Load(row + cell * kBlock);
#pragma GCC unroll 16
      for (int kx = 0; kx < kOcclusionKernel; kx++) {
        if (cell - kx >= 0 && cell - kx < tile) sum[cell - kx] += value * weight[kx];
      }
    }
  }
#pragma GCC unroll 16
  for (int i = 0; i < tile; i++) Store(sums + i * kBlock, sum[i]);
}

// The sum of each cell's lanes.
KDTALKER_INLINE void AddLanes(const float* sums, float* out, std::int64_t cells) {
  for (std::int64_t i = 0; i < cells; i++) {
    float total = 0.0F;
    for (int lane = 0; lane < kBlock; lane++) total += sums[i * kBlock + lane];
    out[i] = total;
  }
}

// Depths 4 (piece % 4) .. + 3 of block piece / 4: x [blocks, 16, 64, 64, 16] with weights [blocks, 16, 7, 7,
// 16] to plane `piece` of sums [4 * blocks, 64, 64].
template <class T>
void OcclusionPiece(const T* x, const float* weights, float* sums, std::int64_t piece) {
  constexpr std::int64_t kPlane = kVolumeSide * kVolumeSide * kBlock;
  constexpr std::int64_t kWindow = kOcclusionKernel * kOcclusionKernel * kBlock;
  constexpr int kTile = kLanes == 16 ? 16 : 8;
  alignas(64) float rows[kOcclusionHigh * kOcclusionWide * kBlock] = {};
  alignas(64) float tall[kOcclusionRows * kVolumeSide * kBlock];
  for (std::int64_t top = 0; top < kVolumeSide; top += kOcclusionRows) {
    for (float& sum : tall) sum = 0.0F;
    for (std::int64_t depth = piece * kOcclusionDepths; depth < (piece + 1) * kOcclusionDepths; depth++) {
      PadRows(x + depth * kPlane, top, rows);
      for (std::int64_t cell = 0; cell < kOcclusionRows * kVolumeSide; cell += kTile) {
        const float* from = rows + (cell / kVolumeSide * kOcclusionWide + cell % kVolumeSide) * kBlock;
        for (int part = 0; part < kBlock; part += kLanes) {
          AddWindow<kTile>(from + part, weights + depth * kWindow + part, tall + cell * kBlock + part);
        }
      }
    }
    AddLanes(tall, sums + (piece * kVolumeSide + top) * kVolumeSide, kOcclusionRows * kVolumeSide);
  }
}

// Row `piece` of the map [64, 64]: sigmoid(bias + all sums).
inline void OcclusionRow(const float* sums, float bias, float* map, std::int64_t planes, std::int64_t piece) {
  constexpr std::int64_t kPlane = kVolumeSide * kVolumeSide;
  for (std::int64_t x = 0; x < kVolumeSide; x += kLanes) {
    const float* from = sums + piece * kVolumeSide + x;
    Vector total = Broadcast(bias);
    for (std::int64_t plane = 0; plane < planes; plane++) total += Load(from + plane * kPlane);
    const Vector small = ExpOfNegative(Min(total, Vector{} - total));
    const Vector above = 1.0F / (1.0F + small);
    Store(map + piece * kVolumeSide + x, total > Vector{} ? above : 1.0F - above);
  }
}

}  // namespace kdtalker::kernels::KDTALKER_ISA
