// Parts of the sums of a convolution of blocked halves, in float32, on tensor cores, where there are few
// cells in a slice: kernels/plan/block_sums.h. A block of threads makes up to 128 cells of as many whole
// slices as fit, which are held together, with one row or cell of zeros between neighbours, and a part of the
// rounds (blocks of inputs times slices of the kernel). Everything else is as in conv.h.
#pragma once

#include "cuda/kernels/conv.h"
#include "kernels/plan/block_sums.h"

namespace kdtalker::cuda {

template <int side, int across, int each>
struct FlatSums {
  static constexpr int kThreads = 256, kBlocks = 2;
  static constexpr int kGroups = across * each;  // sixteens of channels of a block
  static constexpr int kTiles = across;          // sixteens of cells of a warp: eight warps, across times
  static constexpr int kEdge = side == 1 ? 0 : 1;
  static constexpr int kHeld = side == 1 ? kernels::plan::kFlatCells : kernels::plan::kFlatHeld;
  static constexpr int kCell = 24;  // halves from a cell to the next: 8 in a row share no bank
  static constexpr int kWeightRow = side * kGroups * 256;
  struct Shared {
    __half cells[2][kHeld * kCell];
    __half weights[2][kWeightRow];
  };
  using Sums = float[kTiles][2 * each][4];

  const __half* x;
  const __half* weights;
  float* y;  // [parts, factor factor, out_blocks, depth, height, width, 16]
  int in_blocks, out_blocks, slices, depth, height, width;
  int factor, parts, slices_held;

  dim3 grid() const {
    return dim3(static_cast<unsigned>((depth + slices_held - 1) / slices_held), static_cast<unsigned>(parts),
                static_cast<unsigned>((out_blocks + kGroups - 1) / kGroups * factor * factor));
  }

  KDT_DEVICE void Block(Shared& shared) const {
    Sums sums = {};
    Sum(shared, sums);
    Store(sums);
  }

 private:
  KDT_DEVICE int PlaceWithin() const { return static_cast<int>(blockIdx.z) / TilesHere(); }
  KDT_DEVICE int TilesHere() const { return (out_blocks + kGroups - 1) / kGroups; }
  KDT_DEVICE int FirstSlice() const { return static_cast<int>(blockIdx.x) * slices_held; }
  KDT_DEVICE int FirstRound(int part) const {
    return static_cast<int>(std::int64_t{part} * (in_blocks * slices) / parts);
  }
  KDT_DEVICE int Row() const { return width + kEdge; }  // cells from a row to the next
  KDT_DEVICE int Made() const { return slices_held * height * width; }

  // Where a cell that the block makes is held, in halves.
  KDT_DEVICE int HeldAt(int cell) const {
    const int made = cell < Made() ? cell : 0, rows = made / width;
    const int row = rows / height * (height + kEdge) + rows % height;
    return ((row + kEdge) * Row() + kEdge + made % width) * kCell;
  }

  KDT_DEVICE void Sum(Shared& shared, Sums& sums) const {
    const int warp = threadIdx.x / 32, lane = threadIdx.x % 32, part = blockIdx.y;
    const int end = Opaque(FirstRound(part + 1) * side);
    const int group = warp / (8 / across) * each;
    int held[kTiles];
    KDT_UNROLL
    for (int tile = 0; tile < kTiles; tile++)
      held[tile] = HeldAt((warp % (8 / across) * kTiles + tile) * 16 + lane % 16) + lane / 16 * 8;
    // Of the cells that are seen, how many lie before a cell along both axes; they are seen from there on.
    int before = kEdge * (Row() + 1);
    if (side == 2) before = (PlaceWithin() / factor == 0 ? Row() : 0) + (PlaceWithin() % factor == 0 ? 1 : 0);
    KDT_UNROLL
    for (int& cell : held) cell -= before * kCell;
    const __half* panel = weights + (std::int64_t{PlaceWithin()} * TilesHere() + blockIdx.z % TilesHere()) *
                                        in_blocks * slices * side * kWeightRow;
    int step = FirstRound(part) * side;
    Fetch(shared, panel, step);
    KDT_NO_UNROLL
    for (; step < end; step++) {
      AwaitCopies<0>();
      __syncthreads();
      if (step + 1 < end) Fetch(shared, panel, step + 1);
      const __half* cells = shared.cells[step / side % 2] + step % side * Row() * kCell;
      const __half* row = shared.weights[step % 2] + group * 256 + lane * 8;
      KDT_UNROLL
      for (int tap = 0; tap < side; tap++)
        MultiplyTap(cells + tap * kCell, held, row + tap * kGroups * 256, sums);
    }
  }

  // Where a cell that is held comes from, in its block of inputs; -1: zeros.
  KDT_DEVICE int SourceOf(int cell, int slice) const {
    const int at = cell - kEdge * (Row() + 1), rows = at / Row(), high = height + kEdge;
    const int from = FirstSlice() + rows / high + slice;
    const bool inside = at >= 0 && at % Row() < width && rows % high < height && from >= 0 && from < depth;
    return inside ? ((from * height + rows % high) * width + at % Row()) * 16 : -1;
  }

  // What step `step` needs: its weights, and with the first row of the kernel the cells of its round.
  KDT_DEVICE void Fetch(Shared& shared, const __half* panel, int step) const {
    if (step % side == 0) {
      const int round = step / side, slice = round % slices - slices / 2;
      const int held = kEdge * (Row() + 1) + slices_held * (height + kEdge) * Row();
      const __half* from = x + std::int64_t{round / slices} * depth * height * width * 16;
      for (int piece = threadIdx.x; piece < 2 * held; piece += kThreads) {
        const int source = SourceOf(piece / 2, slice), half = piece % 2 * 8;
        CopyAsync(shared.cells[step / side % 2] + piece / 2 * kCell + half,
                  from + (source < 0 ? 0 : source + half), source >= 0);
      }
    }
    for (int at = threadIdx.x * 8; at < kWeightRow; at += kThreads * 8)
      CopyAsync(shared.weights[step % 2] + at, panel + std::int64_t{step} * kWeightRow + at, true);
    CommitCopies();
  }

  KDT_DEVICE static void MultiplyTap(const __half* cells, const int (&held)[kTiles], const __half* panel,
                                     Sums& sums) {
    std::uint32_t a[kTiles][4];
    uint4 b[each];
    KDT_UNROLL
    for (int tile = 0; tile < kTiles; tile++) LoadMatrices(a[tile], cells + held[tile]);
    KDT_UNROLL
    for (int group = 0; group < each; group++)
      b[group] = *reinterpret_cast<const uint4*>(panel + group * 256);
    KDT_UNROLL
    for (int group = 0; group < each; group++) {
      const std::uint32_t low[2] = {b[group].x, b[group].y}, high[2] = {b[group].z, b[group].w};
      KDT_UNROLL
      for (int tile = 0; tile < kTiles; tile++) {
        Multiply({sums[tile][2 * group], a[tile], low});
        Multiply({sums[tile][2 * group + 1], a[tile], high});
      }
    }
  }

  KDT_DEVICE void Store(const Sums& sums) const {
    const int warp = Opaque(threadIdx.x / 32), lane = threadIdx.x % 32, cells = depth * height * width;
    const int begin = FirstSlice() * height * width, left = cells - begin;
    const int made = Made() < left ? Made() : left;
    const std::int64_t planes = (std::int64_t{blockIdx.y} * factor * factor + PlaceWithin()) * out_blocks;
    KDT_UNROLL
    for (int group = 0; group < each; group++) {
      const int block =
          static_cast<int>(blockIdx.z) % TilesHere() * kGroups + warp / (8 / across) * each + group;
      if (block >= out_blocks) continue;
      KDT_UNROLL
      for (int tile = 0; tile < kTiles; tile++) {
        KDT_UNROLL
        for (int half = 0; half < 2; half++) {
          const int cell = (warp % (8 / across) * kTiles + tile) * 16 + lane / 4 + 8 * half;
          if (cell >= made) continue;
          const float (&low)[4] = sums[tile][2 * group], (&high)[4] = sums[tile][2 * group + 1];
          float* to = y + ((planes + block) * cells + begin + cell) * 16 + lane % 4 * 4;
          *reinterpret_cast<float4*>(to) = {low[2 * half], low[2 * half + 1], high[2 * half],
                                            high[2 * half + 1]};
        }
      }
    }
  }
};

// Named by the side of the kernel and the channels of a block of threads.
struct Flat1x64 : FlatSums<1, 2, 2> {};
struct Flat2x128 : FlatSums<2, 4, 2> {};
struct Flat3x128 : FlatSums<3, 4, 2> {};

}  // namespace kdtalker::cuda
