// A volume of blocked halves sampled at floats [depth, height, width, 3] to blocked halves, depths as
// channels: kernels/plan/block_sample.h. Positions and weights are float32: a half is too coarse for a place
// among 64 cells. Weights are made once a cell and depth and serve eight channels; results change places in
// shared memory, so that every access is of 16 bytes.
#pragma once

#include "cuda/kernels/launch.h"
#include "kernels/plan/block_sample.h"

namespace kdtalker::cuda {

struct SampleVolume {
  static constexpr int kThreads = 256, kBlocks = 4;
  static constexpr int kColumns = 4;  // cells of a row that a block does, at all depths
  static constexpr int kMost = kernels::plan::kMostSampled;
  // Of a cell: eight halves after every 128, so that the channels of a warp do not share banks.
  static constexpr int kCell = kMost / 128 * 136;
  struct Shared {
    __half samples[kColumns][kCell];
  };

  kernels::plan::Volume volume;  // of `blocks` blocks
  const float* places;
  __half* out;
  int blocks, out_blocks, depth, height, width;

  dim3 grid() const {
    return dim3(static_cast<unsigned>((width + kColumns - 1) / kColumns), static_cast<unsigned>(height));
  }

  KDT_DEVICE void Block(Shared& shared) const {
    const int first = blockIdx.x * kColumns, row = blockIdx.y, parts = 2 * blocks;
    for (int at = threadIdx.x; at < kColumns * depth * parts; at += kThreads) {
      const int part = at % parts * 8, slice = at / parts % depth, column = at / parts / depth;
      if (first + column >= width) continue;
      float sums[8] = {};
      Sample(places + ((slice * height + row) * width + first + column) * 3, part, sums);
      for (int i = 0; i < 8; i++) {
        const int channel = (part + i) * depth + slice;
        if (channel < 16 * out_blocks) shared.samples[column][HeldAt(channel)] = __float2half_rn(sums[i]);
      }
    }
    __syncthreads();
    // Pieces of 16 bytes: of each block and cell two.
    for (int at = threadIdx.x; at < 2 * kColumns * out_blocks; at += kThreads) {
      const int half = at % 2 * 8, column = at / 2 % kColumns, block = at / 2 / kColumns;
      if (first + column >= width) continue;
      const auto* from = reinterpret_cast<const uint4*>(&shared.samples[column][HeldAt(16 * block + half)]);
      auto* to = out + ((std::int64_t{block} * height + row) * width + first + column) * 16 + half;
      *reinterpret_cast<uint4*>(to) = *from;
    }
  }

 private:
  KDT_DEVICE static int HeldAt(int channel) { return channel + channel / 128 * 8; }

  // Eight channels from `part` on.
  KDT_DEVICE void Sample(const float* place, int part, float (&sums)[8]) const {
    const auto* from =
        reinterpret_cast<const __half*>(volume.halves) + part / 16 * volume.cells() * 16 + part % 16;
    volume.ForEachAround({place[0], place[1], place[2]}, [&](int cell, float weight) {
      float values[8];
      Unpack(*reinterpret_cast<const uint4*>(from + std::int64_t{cell} * 16), values);
      for (int i = 0; i < 8; i++) sums[i] += weight * values[i];
    });
  }
};

}  // namespace kdtalker::cuda
