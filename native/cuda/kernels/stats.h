// Mean and 1 / deviation of every channel over its cells, of blocked halves [blocks, cells, 16] to
// [blocks, 2, 16] floats: what the operator Stats computes. One block of threads a block of channels; the
// values stay in the second-level cache between the two passes.
#pragma once

#include "cuda/kernels/launch.h"

namespace kdtalker::cuda {

struct Stats {
  static constexpr int kThreads = 256, kBlocks = 4, kWarps = kThreads / 32;
  struct Shared {
    float sums[kWarps][16];
    float total[16];
  };

  const __half* x;
  float* out;
  int blocks, cells;
  float epsilon;

  dim3 grid() const { return dim3(static_cast<unsigned>(blocks)); }

  KDT_DEVICE void Block(Shared& shared) const {
    const int part = threadIdx.x % 2 * 8;  // which half of the lanes of a cell
    float mean[8] = {};
    Sum(shared, part, [](float value, int) { return value; });
    for (int i = 0; i < 8; i++) mean[i] = shared.total[part + i] / static_cast<float>(cells);
    Sum(shared, part, [&](float value, int i) { return (value - mean[i]) * (value - mean[i]); });
    float* to = out + blockIdx.x * 32;
    if (threadIdx.x < 2) {
      for (int i = 0; i < 8; i++) {
        to[part + i] = mean[i];
        to[16 + part + i] = rsqrtf(shared.total[part + i] / static_cast<float>(cells) + epsilon);
      }
    }
  }

 private:
  // The sum of f(value, i) over all cells to shared.total, of each lane.
  template <class Function>
  KDT_DEVICE void Sum(Shared& shared, int part, Function f) const {
    float sums[8] = {};
    const auto* plane = reinterpret_cast<const uint4*>(x + std::int64_t{blockIdx.x} * cells * 16);
    for (int at = threadIdx.x; at < 2 * cells; at += kThreads) {
      float values[8];
      Unpack(plane[at], values);
      for (int i = 0; i < 8; i++) sums[i] += f(values[i], i);
    }
    for (int i = 0; i < 8; i++) {
      for (int step = 16; step >= 2; step /= 2) sums[i] += __shfl_xor_sync(0xFFFFFFFFU, sums[i], step);
    }
    const int warp = threadIdx.x / 32;
    if (threadIdx.x % 32 < 2) {
      for (int i = 0; i < 8; i++) shared.sums[warp][part + i] = sums[i];
    }
    __syncthreads();
    if (threadIdx.x < 16) {
      float total = 0.0F;
      for (int i = 0; i < kWarps; i++) total += shared.sums[i][threadIdx.x];
      shared.total[threadIdx.x] = total;
    }
    __syncthreads();
  }
};

}  // namespace kdtalker::cuda
