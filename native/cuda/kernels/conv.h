// A convolution of kernel 3 along y and x, and 1 or 3 along z, of blocked halves
// [blocks, depth, height, width, 16], sums in float32, on tensor cores: what the operator Conv computes.
//
// A block of threads makes 8 x 16 cells of 128 channels. Of each block of input channels it holds the cells
// with their surroundings (10 x 18), read by all nine taps, and of the weights one row of the kernel. Both
// are held twice: the next comes while the last is used. Weights lie in memory as lanes want them (PackConv),
// and their columns are ordered so that a lane ends up with four channels that are neighbours.
#pragma once

#include "cuda/kernels/tensor_core.h"

namespace kdtalker::cuda {

struct Conv {
  static constexpr int kThreads = 256, kBlocks = 2;
  static constexpr int kRows = 8, kColumns = 16, kGroups = 8;  // cells, and sixteens of channels, of a block
  static constexpr int kHaloRows = kRows + 2, kHaloColumns = kColumns + 2, kHalo = kHaloRows * kHaloColumns;
  static constexpr int kCell = 24;  // halves from a cell to the next: 8 in a row share no bank
  static constexpr int kWeightRow =
      3 * kGroups * 32 * 8;  // halves of a row of the kernel: taps, groups, lanes
  static constexpr int kPieces = (2 * kHalo + kThreads - 1) / kThreads;
  struct Shared {
    __half cells[2][kHalo * kCell];
    __half weights[2][kWeightRow];
  };

  const __half* x;
  const __half* weights;   // of PackConv
  const float* bias;       // [16 blocks]
  const __half* residual;  // like y, or null
  __half* y;
  int in_blocks, out_blocks, slices, depth, height, width;  // slices: of the kernel, 1 or 3
  float alpha;                                              // of what is below zero: 1 none, 0 ReLU

  dim3 grid() const {
    const auto tiles = [](int all, int each) { return static_cast<unsigned>((all + each - 1) / each); };
    return dim3(tiles(width, kColumns) * tiles(height, kRows), static_cast<unsigned>(depth),
                tiles(out_blocks, kGroups));
  }

  KDT_DEVICE void Block(Shared& shared) const {
    const int across = (width + kColumns - 1) / kColumns;
    const int top = blockIdx.x / across * kRows, left = blockIdx.x % across * kColumns;
    const int lane = threadIdx.x % 32, warp = threadIdx.x / 32;
    const int rows = warp % 2 * 4, groups = warp / 2 * 2;  // of a warp: 4 rows of 16 cells, 2 groups
    float sums[4][4][4] = {};
    Source source[kPieces];
    for (int i = 0; i < kPieces; i++) source[i] = SourceOf(top, left, threadIdx.x + i * kThreads);

    const int rounds = in_blocks * slices;
    Fetch(shared, source, 0);
    for (int step = 0; step < 3 * rounds; step++) {
      AwaitCopies<0>();
      __syncthreads();
      if (step + 1 < 3 * rounds) Fetch(shared, source, step + 1);
      const __half* cells =
          shared.cells[step / 3 % 2] + ((rows + step % 3) * kHaloColumns + lane % 16) * kCell + lane / 16 * 8;
      const __half* panel = shared.weights[step % 2] + groups * 256 + lane * 8;
      KDT_UNROLL
      for (int tap = 0; tap < 3; tap++) MultiplyTap(cells + tap * kCell, panel + tap * kGroups * 256, sums);
    }
    Store(top + rows, left, blockIdx.z * kGroups + groups, sums);
  }

 private:
  // Where one piece of 16 bytes of the surroundings comes from, in its slice; -1: from outside of the
  // picture.
  struct Source {
    int from;
  };

  KDT_DEVICE Source SourceOf(int top, int left, int piece) const {
    const int cell = piece / 2, row = top + cell / kHaloColumns - 1, column = left + cell % kHaloColumns - 1;
    const bool inside = row >= 0 && row < height && column >= 0 && column < width;
    return {inside ? (row * width + column) * 16 + piece % 2 * 8 : -1};
  }

  // What step `step` needs: its weights, and with the first row of the kernel the cells of its round.
  KDT_DEVICE void Fetch(Shared& shared, const Source (&source)[kPieces], int step) const {
    const int round = step / 3;
    if (step % 3 == 0) {
      const int slice = static_cast<int>(blockIdx.y) + round % slices - slices / 2;
      const bool there = slice >= 0 && slice < depth;
      const __half* from =
          x + (std::int64_t{round / slices} * depth + (there ? slice : 0)) * height * width * 16;
      for (int i = 0; i < kPieces; i++) {
        const int piece = threadIdx.x + i * kThreads;
        if (piece >= 2 * kHalo) break;
        const bool valid = there && source[i].from >= 0;
        CopyAsync(shared.cells[round % 2] + piece / 2 * kCell + piece % 2 * 8,
                  from + (valid ? source[i].from : 0), valid);
      }
    }
    const __half* panel = weights + (std::int64_t{blockIdx.z} * in_blocks * slices * 3 + step) * kWeightRow;
    for (int at = threadIdx.x * 8; at < kWeightRow; at += kThreads * 8)
      CopyAsync(shared.weights[step % 2] + at, panel + at, true);
    CommitCopies();
  }

  KDT_DEVICE static void MultiplyTap(const __half* cells, const __half* panel, float (&sums)[4][4][4]) {
    std::uint32_t a[4][4];
    uint4 b[2];
    KDT_UNROLL
    for (int row = 0; row < 4; row++) LoadMatrices(a[row], cells + row * kHaloColumns * kCell);
    KDT_UNROLL
    for (int group = 0; group < 2; group++) b[group] = *reinterpret_cast<const uint4*>(panel + group * 256);
    KDT_UNROLL
    for (int group = 0; group < 2; group++) {
      const std::uint32_t first[2] = {b[group].x, b[group].y}, second[2] = {b[group].z, b[group].w};
      KDT_UNROLL
      for (int row = 0; row < 4; row++) {
        Multiply({sums[row][2 * group], a[row], first});
        Multiply({sums[row][2 * group + 1], a[row], second});
      }
    }
  }

  KDT_DEVICE void Store(int top, int left, int first_block, const float (&sums)[4][4][4]) const {
    const int g = threadIdx.x % 32 / 4, t = threadIdx.x % 4;
    KDT_UNROLL
    for (int group = 0; group < 2; group++) {
      const int block = first_block + group;
      if (block >= out_blocks) break;
      const float4 shift = *reinterpret_cast<const float4*>(bias + block * 16 + 4 * t);
      const std::int64_t plane = (std::int64_t{block} * depth + blockIdx.y) * height;
      KDT_UNROLL
      for (int row = 0; row < 4; row++) {
        KDT_UNROLL
        for (int side = 0; side < 2; side++) {
          const int column = left + g + 8 * side;
          if (top + row >= height || column >= width) continue;
          const std::int64_t at = ((plane + top + row) * width + column) * 16 + 4 * t;
          const float (&low)[4] = sums[row][2 * group], (&high)[4] = sums[row][2 * group + 1];
          const float values[4] = {low[2 * side], low[2 * side + 1], high[2 * side], high[2 * side + 1]};
          StoreFour(at, values, shift);
        }
      }
    }
  }

  KDT_DEVICE void StoreFour(std::int64_t at, const float (&values)[4], const float4& shift) const {
    uint2 old = {0, 0};
    if (residual != nullptr) old = *reinterpret_cast<const uint2*>(residual + at);
    float out[4] = {LowHalf(old.x), HighHalf(old.x), LowHalf(old.y), HighHalf(old.y)};
    const float shifts[4] = {shift.x, shift.y, shift.z, shift.w};
    KDT_UNROLL
    for (int i = 0; i < 4; i++) {
      const float value = values[i] + shifts[i];
      out[i] += value < 0.0F ? value * alpha : value;
    }
    *reinterpret_cast<uint2*>(y + at) = {TwoHalves(out[0], out[1]), TwoHalves(out[2], out[3])};
  }
};

// Weights [outputs, inputs, slices, 3, 3] in the order in which the kernel reads them: [tiles of 128 outputs,
// blocks of inputs, slices, rows, taps, 8 groups, 32 lanes, 8].
template <class Get>
void PackConv(int outputs, int inputs, int slices, Get get, __half* out) {
  const int tiles = (outputs + 127) / 128, rounds = (inputs + 15) / 16 * slices;
  for (int i = 0; i < tiles * rounds * 9 * 8 * 32 * 8; i++) {
    const int e = i % 2, reg = i / 2 % 2, half = i / 4 % 2, lane = i / 8 % 32, group = i / 256 % 8,
              tap = i / 2048 % 9;
    const int round = i / (2048 * 9) % rounds, tile = i / (2048 * 9) / rounds, n = lane / 4;
    const int output = 128 * tile + 16 * group + n / 2 * 4 + 2 * half + n % 2;
    const int input = round / slices * 16 + lane % 4 * 2 + 8 * reg + e;
    const bool there = output < outputs && input < inputs;
    out[i] = __float2half(there ? get(output, input, round % slices, tap / 3, tap % 3) : 0.0F);
  }
}

}  // namespace kdtalker::cuda
