// A volume of halves [16, 64, 64, 32], channels last, sampled at floats [16, 64, 64, 3] to blocked halves
// [32, 64, 64, 16], depths as lanes: what the operator SampleVolume computes. Positions and weights are
// float32: a half is too coarse for a place among 64 cells. Weights are made once a cell and depth and serve
// eight channels; results change places in shared memory, so that every access is of 16 bytes.
#pragma once

#include "cuda/kernels/launch.h"

namespace kdtalker::cuda {

struct SampleVolume {
  static constexpr int kThreads = 256, kBlocks = 4;
  static constexpr int kDepth = 16, kSide = 64, kFeatures = 32;
  static constexpr int kColumns = 4;       // cells of a row that a block does, at all depths
  static constexpr int kRow = kDepth + 8;  // of halves, so that neighbours do not share banks
  struct Shared {
    __half samples[kFeatures][kColumns][kRow];
  };

  const __half* volume;
  const float* places;
  __half* out;

  dim3 grid() const { return dim3(kSide / kColumns, kSide); }

  KDT_DEVICE void Block(Shared& shared) const {
    const int thread = threadIdx.x;
    const int part = thread % 4 * 8, depth = thread / 4 % kDepth, column = thread / 64;
    const int x = blockIdx.x * kColumns + column, y = blockIdx.y;
    float sums[8] = {};
    Sample(places + ((depth * kSide + y) * kSide + x) * 3, part, sums);
    for (int i = 0; i < 8; i++) shared.samples[part + i][column][depth] = __float2half_rn(sums[i]);
    __syncthreads();
    // 256 pieces of 16 bytes: of each feature and cell the two halves of its depths.
    const int feature = thread / 8, cell = thread / 2 % kColumns, half = thread % 2 * 8;
    const auto* from = reinterpret_cast<const uint4*>(&shared.samples[feature][cell][half]);
    auto* to = out + ((feature * kSide + y) * kSide + blockIdx.x * kColumns + cell) * kDepth + half;
    *reinterpret_cast<uint4*>(to) = *from;
  }

 private:
  // The cell before a coordinate of -1..1 whose ends are the outer faces of the end cells, and the share of
  // the next.
  KDT_DEVICE static float Split(float coordinate, int length, int& before) {
    float at = ((coordinate + 1.0F) * static_cast<float>(length) - 1.0F) * 0.5F;
    if (!(at > -1.0F && at < static_cast<float>(length))) at = -2.0F;  // NaN too: outside
    before = static_cast<int>(at + 2.0F) - 2;
    return at - static_cast<float>(before);
  }

  KDT_DEVICE void Sample(const float* place, int part, float (&sums)[8]) const {
    int cell[3];
    const float after[3] = {Split(place[0], kSide, cell[0]), Split(place[1], kSide, cell[1]),
                            Split(place[2], kDepth, cell[2])};
    for (int corner = 0; corner < 8; corner++) {
      const int x = cell[0] + (corner & 1), y = cell[1] + (corner >> 1 & 1), z = cell[2] + (corner >> 2);
      if (x < 0 || y < 0 || z < 0 || x >= kSide || y >= kSide || z >= kDepth) continue;
      const float weight = (corner & 1 ? after[0] : 1.0F - after[0]) *
                           (corner >> 1 & 1 ? after[1] : 1.0F - after[1]) *
                           (corner >> 2 ? after[2] : 1.0F - after[2]);
      float values[8];
      Unpack(*reinterpret_cast<const uint4*>(volume + ((z * kSide + y) * kSide + x) * kFeatures + part),
             values);
      for (int i = 0; i < 8; i++) sums[i] += weight * values[i];
    }
  }
};

}  // namespace kdtalker::cuda
