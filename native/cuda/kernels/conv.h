// Convolutions of blocked halves [blocks, depth, height, width, 16] that keep the size, sums in float32, on
// tensor cores: what the operator Conv computes. Kernels are [slices, side, side].
//
// A block of threads makes 8 x 16 cells of kGroups sixteens of channels; the more, the fewer blocks read the
// same cells. Of each block of input channels it holds the cells with their surroundings, read by all taps,
// and of the weights one row of the kernel. Both are held twice: the next comes while the last is used.
// Weights lie in memory as lanes want them (kernels/plan/block_product.h), and their columns are ordered so
// that a lane ends up with four channels that are neighbours.
#pragma once

#include "cuda/kernels/tensor_core.h"

namespace kdtalker::cuda {

// The sums of a convolution. Its warps lie `across` times along the channels, each with `each` sixteens; the
// others along the rows.
template <int side, int across, int each, int warps = 8>
struct ConvSums {
  static constexpr int kThreads = 32 * warps, kBlocks = 2;
  static constexpr int kRows = 8, kColumns = 16, kGroups = across * each;  // cells, and sixteens, of a block
  static constexpr int kRowsOfWarp = kRows * across / warps;
  static constexpr int kHaloColumns = kColumns + side - 1, kHalo = (kRows + side - 1) * kHaloColumns;
  static constexpr int kCell = 24;  // halves from a cell to the next: 8 in a row share no bank
  static constexpr int kWeightRow =
      side * kGroups * 256;  // halves of a row of the kernel: taps, groups, lanes, 8
  static constexpr int kPieces = (2 * kHalo + kThreads - 1) / kThreads;
  struct Shared {
    __half cells[2][kHalo * kCell];
    __half weights[2][kWeightRow];
  };
  using Sums = float[kRowsOfWarp][2 * each][4];

  const __half* x;
  const __half* weights;
  const float* bias;                                        // [16 out_blocks]
  int in_blocks, out_blocks, slices, depth, height, width;  // slices: of the kernel

  dim3 grid() const {
    const auto tiles = [](int all, int some) { return static_cast<unsigned>((all + some - 1) / some); };
    return dim3(tiles(width, kColumns) * tiles(height, kRows), static_cast<unsigned>(depth),
                tiles(out_blocks, kGroups));
  }

  // What a warp makes.
  struct Place {
    int top, left, group;  // its first row, column and sixteen
  };

  KDT_DEVICE Place PlaceOfWarp() const {
    const int columns = (width + kColumns - 1) / kColumns, warp = threadIdx.x / 32;
    constexpr int kAlong = warps / across;
    return {static_cast<int>(blockIdx.x) / columns * kRows + warp % kAlong * kRowsOfWarp,
            static_cast<int>(blockIdx.x) % columns * kColumns,
            static_cast<int>(blockIdx.z) * kGroups + warp / kAlong * each};
  }

  KDT_DEVICE void Sum(Shared& shared, Sums& sums) const {
    const Place place = PlaceOfWarp();
    const int lane = threadIdx.x % 32, row = place.top % kRows, group = place.group % kGroups;
    Source source[kPieces];
    for (int i = 0; i < kPieces; i++)
      source[i] = SourceOf(place.top - row, place.left, threadIdx.x + i * kThreads);

    const int steps = in_blocks * slices * side;
    Fetch(shared, source, 0);
    for (int step = 0; step < steps; step++) {
      AwaitCopies<0>();
      __syncthreads();
      if (step + 1 < steps) Fetch(shared, source, step + 1);
      const __half* cells = shared.cells[step / side % 2] +
                            ((row + step % side) * kHaloColumns + lane % 16) * kCell + lane / 16 * 8;
      const __half* panel = shared.weights[step % 2] + group * 256 + lane * 8;
      KDT_UNROLL
      for (int tap = 0; tap < side; tap++)
        MultiplyTap(cells + tap * kCell, panel + tap * kGroups * 256, sums);
    }
  }

 private:
  // Where one piece of 16 bytes of the surroundings comes from, in its slice; -1: from outside of the
  // picture.
  struct Source {
    int from;
  };

  KDT_DEVICE Source SourceOf(int top, int left, int piece) const {
    const int cell = piece / 2, row = top + cell / kHaloColumns - side / 2,
              column = left + cell % kHaloColumns - side / 2;
    const bool inside = row >= 0 && row < height && column >= 0 && column < width;
    return {inside ? (row * width + column) * 16 + piece % 2 * 8 : -1};
  }

  // What step `step` needs: its weights, and with the first row of the kernel the cells of its round.
  KDT_DEVICE void Fetch(Shared& shared, const Source (&source)[kPieces], int step) const {
    const int round = step / side;
    if (step % side == 0) {
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
    const __half* panel =
        weights + (std::int64_t{blockIdx.z} * in_blocks * slices * side + step) * kWeightRow;
    for (int at = threadIdx.x * 8; at < kWeightRow; at += kThreads * 8)
      CopyAsync(shared.weights[step % 2] + at, panel + at, true);
    CommitCopies();
  }

  KDT_DEVICE static void MultiplyTap(const __half* cells, const __half* panel, Sums& sums) {
    std::uint32_t a[kRowsOfWarp][4];
    uint4 b[each];
    KDT_UNROLL
    for (int row = 0; row < kRowsOfWarp; row++) LoadMatrices(a[row], cells + row * kHaloColumns * kCell);
    KDT_UNROLL
    for (int group = 0; group < each; group++)
      b[group] = *reinterpret_cast<const uint4*>(panel + group * 256);
    KDT_UNROLL
    for (int group = 0; group < each; group++) {
      const std::uint32_t first[2] = {b[group].x, b[group].y}, second[2] = {b[group].z, b[group].w};
      KDT_UNROLL
      for (int row = 0; row < kRowsOfWarp; row++) {
        Multiply({sums[row][2 * group], a[row], first});
        Multiply({sums[row][2 * group + 1], a[row], second});
      }
    }
  }
};

// With bias, activation, and then an addend.
template <int side, int across, int each, int warps = 8>
struct ConvOf : ConvSums<side, across, each, warps> {
  using Base = ConvSums<side, across, each, warps>;
  const __half* residual;  // like y, or null
  __half* y;
  float alpha;  // of what is below zero: 1 none, 0 ReLU

  KDT_DEVICE void Block(typename Base::Shared& shared) const {
    typename Base::Sums sums = {};
    this->Sum(shared, sums);
    Store(this->PlaceOfWarp(), sums);
  }

 private:
  KDT_DEVICE void Store(const typename Base::Place& place, const typename Base::Sums& sums) const {
    const int g = threadIdx.x % 32 / 4, t = threadIdx.x % 4;
    KDT_UNROLL
    for (int group = 0; group < each; group++) {
      const int block = place.group + group;
      if (block >= this->out_blocks) break;
      const float4 shift = *reinterpret_cast<const float4*>(this->bias + block * 16 + 4 * t);
      const std::int64_t plane = (std::int64_t{block} * this->depth + blockIdx.y) * this->height;
      KDT_UNROLL
      for (int row = 0; row < Base::kRowsOfWarp; row++) {
        KDT_UNROLL
        for (int half = 0; half < 2; half++) {
          const int column = place.left + g + 8 * half;
          if (place.top + row >= this->height || column >= this->width) continue;
          const std::int64_t at = ((plane + place.top + row) * this->width + column) * 16 + 4 * t;
          const float (&low)[4] = sums[row][2 * group], (&high)[4] = sums[row][2 * group + 1];
          const float values[4] = {low[2 * half], low[2 * half + 1], high[2 * half], high[2 * half + 1]};
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

// Named by the side of the kernel and the channels of a block of threads.
struct Conv3x32 : ConvOf<3, 1, 2> {};
struct Conv3x64 : ConvOf<3, 2, 2> {};
struct Conv3x128 : ConvOf<3, 4, 2> {};
struct Conv3x144 : ConvOf<3, 3, 3, 6> {};
struct Conv1x32 : ConvOf<1, 1, 2> {};
struct Conv1x128 : ConvOf<1, 4, 2> {};
struct Conv7x32 : ConvOf<7, 1, 2> {};

}  // namespace kdtalker::cuda
