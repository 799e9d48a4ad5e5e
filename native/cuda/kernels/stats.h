// Mean and 1 / deviation of every channel over its cells to [blocks, 2, 16] floats, a block of threads a
// block of channels: of blocked halves [blocks, cells, 16] (what the operator Stats computes; the values stay
// in the second-level cache between the two passes), or of the moments of a picture's parts.
#pragma once

#include "cuda/kernels/launch.h"
#include "kernels/plan/moments.h"
#include "kernels/plan/wide.h"

namespace kdtalker::cuda {

// Threads have eight channels each, even ones the first half of the block's.
struct ChannelSums {
  static constexpr int kThreads = 256, kBlocks = 4, kWarps = kThreads / 32;
  float sums[kWarps][16];
  float total[16];

  KDT_DEVICE static int FirstChannel() { return static_cast<int>(threadIdx.x) % 2 * 8; }

  // Adds up what all threads have to `total`.
  KDT_DEVICE void Add(float (&mine)[8]) {
    for (int i = 0; i < 8; i++) {
      for (int step = 16; step >= 2; step /= 2) mine[i] += __shfl_xor_sync(0xFFFFFFFFU, mine[i], step);
    }
    const int warp = threadIdx.x / 32, first = FirstChannel();
    if (threadIdx.x % 32 < 2) {
      for (int i = 0; i < 8; i++) sums[warp][first + i] = mine[i];
    }
    __syncthreads();
    if (threadIdx.x < 16) {
      float sum = 0.0F;
      for (int i = 0; i < kWarps; i++) sum += sums[i][threadIdx.x];
      total[threadIdx.x] = sum;
    }
    __syncthreads();
  }

  // `total` is the sum of what each channel's cells are off its mean, squared.
  KDT_DEVICE void Write(float* to, const float (&mean)[8], float cells, float epsilon) const {
    const int first = FirstChannel();
    if (threadIdx.x >= 2) return;
    for (int i = 0; i < 8; i++) {
      to[first + i] = mean[i];
      to[16 + first + i] = rsqrtf(total[first + i] / cells + epsilon);
    }
  }
};

struct Stats {
  static constexpr int kThreads = ChannelSums::kThreads, kBlocks = ChannelSums::kBlocks;
  using Shared = ChannelSums;

  const __half* x;
  float* out;
  int blocks, cells;
  float epsilon;

  dim3 grid() const { return dim3(static_cast<unsigned>(blocks)); }

  KDT_DEVICE void Block(Shared& shared) const {
    float mean[8] = {};
    Sum(shared, [](float value, int) { return value; });
    for (int i = 0; i < 8; i++)
      mean[i] = shared.total[Shared::FirstChannel() + i] / static_cast<float>(cells);
    Sum(shared, [&](float value, int i) { return (value - mean[i]) * (value - mean[i]); });
    shared.Write(out + blockIdx.x * 32, mean, static_cast<float>(cells), epsilon);
  }

 private:
  // The sum of f(value, i) over all cells, of each channel.
  template <class Function>
  KDT_DEVICE void Sum(Shared& shared, Function f) const {
    float sums[8] = {};
    const auto* plane = reinterpret_cast<const uint4*>(x + std::int64_t{blockIdx.x} * cells * 16);
    for (int at = threadIdx.x; at < 2 * cells; at += kThreads) {
      float values[8];
      Unpack(plane[at], values);
      for (int i = 0; i < 8; i++) sums[i] += f(values[i], i);
    }
    shared.Add(sums);
  }
};

struct StatsEnd {
  static constexpr int kThreads = ChannelSums::kThreads, kBlocks = ChannelSums::kBlocks;
  using Shared = ChannelSums;

  const float* moments;
  float* out;
  int blocks, height, width, rows;  // rows of a part
  float epsilon;

  dim3 grid() const { return dim3(static_cast<unsigned>(blocks)); }

  KDT_DEVICE void Block(Shared& shared) const {
    const auto cells = static_cast<float>(height * width);
    float mean[8] = {};
    Sum(shared, [](float of, float, float some, int) { return some * of; });
    for (int i = 0; i < 8; i++) mean[i] = shared.total[Shared::FirstChannel() + i] / cells;
    Sum(shared, [&](float of, float squares, float some, int i) {
      return squares + some * (of - mean[i]) * (of - mean[i]);
    });
    shared.Write(out + blockIdx.x * 32, mean, cells, epsilon);
  }

 private:
  static constexpr int kColumns = kernels::plan::PictureParts::kColumns;

  KDT_DEVICE static int Least(int a, int b) { return a < b ? a : b; }

  // The sum of f(mean, squares, cells, i) over all parts, of each channel.
  template <class Function>
  KDT_DEVICE void Sum(Shared& shared, Function f) const {
    float sums[8] = {};
    const int across = (width + kColumns - 1) / kColumns, count = (height + rows - 1) / rows * across;
    for (int part = static_cast<int>(threadIdx.x) / 2; part < count; part += kThreads / 2) {
      const float* from = moments + (std::int64_t{blockIdx.x} * count + part) * 32 + Shared::FirstChannel();
      float mean[8], squares[8];
      kernels::plan::LoadEight(from, mean);
      kernels::plan::LoadEight(from + 16, squares);
      const int down = Least(rows, height - part / across * rows),
                along = Least(kColumns, width - part % across * kColumns);
      const auto some = static_cast<float>(down * along);
      for (int i = 0; i < 8; i++) sums[i] += f(mean[i], squares[i], some, i);
    }
    shared.Add(sums);
  }
};

}  // namespace kdtalker::cuda
