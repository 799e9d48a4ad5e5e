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
// others along the rows. The last `spared` eights of a warp's channels are not computed.
template <int side, int across, int each, int warps = 8, int spared = 0>
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

  // What a warp makes. Worked out anew behind the loop, which needs all registers.
  struct Place {
    int top, left, group;  // its first row, column and sixteen
  };

  KDT_DEVICE Place PlaceOfWarp(int tile) const {
    const int columns = (width + kColumns - 1) / kColumns, warp = Opaque(threadIdx.x / 32);
    constexpr int kAlong = warps / across;
    return {static_cast<int>(blockIdx.x) / columns * kRows + warp % kAlong * kRowsOfWarp,
            static_cast<int>(blockIdx.x) % columns * kColumns, tile * kGroups + warp / kAlong * each};
  }

  // The weights of a tile, and how many of the cells that they see lie before a cell along y and x.
  struct Window {
    const __half* weights;
    int above, before;
  };

  KDT_DEVICE Window WindowOf(int tile, int above, int before) const {
    return {weights + std::int64_t{tile} * in_blocks * slices * side * kWeightRow, above, before};
  }

  KDT_DEVICE void Sum(Shared& shared, int tile, const Window& window, Sums& sums) const {
    const Place place = PlaceOfWarp(tile);
    const int lane = threadIdx.x % 32, row = place.top % kRows, group = place.group % kGroups;
    const Corner corner = {place.top - row - window.above, place.left - window.before};
    const int steps = in_blocks * slices * side, end = Opaque(steps);
    Fetch(shared, corner, window.weights, 0);
    KDT_NO_UNROLL
    for (int step = 0; step < end; step++) {
      AwaitCopies<0>();
      __syncthreads();
      if (step + 1 < steps) Fetch(shared, corner, window.weights + (step + 1) * kWeightRow, step + 1);
      const __half* cells = shared.cells[step / side % 2] +
                            ((row + step % side) * kHaloColumns + lane % 16) * kCell + lane / 16 * 8;
      const __half* panel = shared.weights[step % 2] + group * 256 + lane * 8;
      KDT_UNROLL
      for (int tap = 0; tap < side; tap++)
        MultiplyTap(cells + tap * kCell, panel + tap * kGroups * 256, sums);
    }
  }

  // Calls f(row, half, y, x) for each cell of the warp that is in the picture.
  template <class Function>
  KDT_DEVICE void ForEachCell(const Place& place, Function f) const {
    const int column = place.left + static_cast<int>(threadIdx.x) % 32 / 4;
    KDT_UNROLL
    for (int row = 0; row < kRowsOfWarp; row++) {
      KDT_UNROLL
      for (int half = 0; half < 2; half++) {
        if (place.top + row < height && column + 8 * half < width)
          f(row, half, place.top + row, column + 8 * half);
      }
    }
  }

  // The four neighbouring channels of one of the warp's sixteens that the lane has of a cell.
  KDT_DEVICE static float4 FourOf(const Sums& sums, int row, int group, int half) {
    const float (&low)[4] = sums[row][2 * group], (&high)[4] = sums[row][2 * group + 1];
    return {low[2 * half], low[2 * half + 1], high[2 * half], high[2 * half + 1]};
  }
  KDT_DEVICE static void Keep(Sums& sums, int row, int group, int half, const float4& four) {
    float (&low)[4] = sums[row][2 * group], (&high)[4] = sums[row][2 * group + 1];
    low[2 * half] = four.x, low[2 * half + 1] = four.y;
    high[2 * half] = four.z, high[2 * half + 1] = four.w;
  }
  KDT_DEVICE static int FirstOfFour() { return static_cast<int>(threadIdx.x) % 4 * 4; }

 private:
  // The first of the cells that a block of threads holds.
  struct Corner {
    int top, left;
  };

  // Where one piece of 16 bytes of those cells comes from, in its slice; -1: from outside of the picture.
  KDT_DEVICE int SourceOf(const Corner& corner, int piece) const {
    const int cell = piece / 2, row = corner.top + cell / kHaloColumns,
              column = corner.left + cell % kHaloColumns;
    const bool inside = row >= 0 && row < height && column >= 0 && column < width;
    return inside ? (row * width + column) * 16 + piece % 2 * 8 : -1;
  }

  // What step `step` needs: its weights, and with the first row of the kernel the cells of its round.
  KDT_DEVICE void Fetch(Shared& shared, const Corner& corner, const __half* panel, int step) const {
    const int round = step / side;
    if (step % side == 0) {
      const int slice = static_cast<int>(blockIdx.y) + round % slices - slices / 2;
      const bool there = slice >= 0 && slice < depth;
      const __half* from =
          x + (std::int64_t{round / slices} * depth + (there ? slice : 0)) * height * width * 16;
      for (int i = 0; i < kPieces; i++) {
        const int piece = threadIdx.x + i * kThreads;
        if (piece >= 2 * kHalo) break;
        const int source = SourceOf(corner, piece);
        const bool valid = there && source >= 0;
        CopyAsync(shared.cells[round % 2] + piece / 2 * kCell + piece % 2 * 8, from + (valid ? source : 0),
                  valid);
      }
    }
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
        if (2 * group + 1 < 2 * each - spared) Multiply({sums[row][2 * group + 1], a[row], second});
      }
    }
  }
};

KDT_DEVICE float Active(float value, float alpha) {
  return value < 0.0F ? value * alpha : value;
}
KDT_DEVICE float4 Active(const float4& v, float alpha) {
  return {Active(v.x, alpha), Active(v.y, alpha), Active(v.z, alpha), Active(v.w, alpha)};
}
KDT_DEVICE float4 Added(const float4& a, const float4& b) {
  return {a.x + b.x, a.y + b.y, a.z + b.z, a.w + b.w};
}
KDT_DEVICE float4 LoadFour(const float* from) {
  return *reinterpret_cast<const float4*>(from);
}
KDT_DEVICE uint2 Halves(const float4& v) {
  return {TwoHalves(v.x, v.y), TwoHalves(v.z, v.w)};
}
KDT_DEVICE float4 FourOfHalves(const uint2& words) {
  return {LowHalf(words.x), HighHalf(words.x), LowHalf(words.y), HighHalf(words.y)};
}
KDT_DEVICE float4 LoadFour(const __half* from) {
  return FourOfHalves(*reinterpret_cast<const uint2*>(from));
}
KDT_DEVICE void StoreFour(__half* to, const float4& v) {
  *reinterpret_cast<uint2*>(to) = Halves(v);
}

// With bias, activation, then an addend, and an activation of the sum.
template <int side, int across, int each, int warps = 8>
struct ConvOf : ConvSums<side, across, each, warps> {
  using Base = ConvSums<side, across, each, warps>;
  const __half* residual;  // like y, or null
  __half* y;
  float alpha, after;  // of what is below zero: 1 none, 0 ReLU

  KDT_DEVICE void Block(typename Base::Shared& shared) const {
    typename Base::Sums sums = {};
    this->Sum(shared, blockIdx.z, this->WindowOf(blockIdx.z, side / 2, side / 2), sums);
    const auto place = this->PlaceOfWarp(blockIdx.z);
    KDT_UNROLL
    for (int group = 0; group < each; group++) {
      if (place.group + group < this->out_blocks) Store(place, group, sums);
    }
  }

 protected:
  // The sums of the group's cells become what is stored of them.
  KDT_DEVICE void Store(const typename Base::Place& place, int group, typename Base::Sums& sums) const {
    const int block = place.group + group, four = this->FirstOfFour();
    const float4 shift = LoadFour(this->bias + block * 16 + four);
    const std::int64_t plane = (std::int64_t{block} * this->depth + blockIdx.y) * this->height;
    this->ForEachCell(place, [&](int row, int half, int y_at, int x_at) {
      const std::int64_t at = ((plane + y_at) * this->width + x_at) * 16 + four;
      const float4 value = Active(Added(this->FourOf(sums, row, group, half), shift), alpha);
      const float4 sum = residual == nullptr ? value : Added(value, LoadFour(residual + at));
      const uint2 stored = Halves(Active(sum, after));
      *reinterpret_cast<uint2*>(y + at) = stored;
      this->Keep(sums, row, group, half, FourOfHalves(stored));
    });
  }
};

// Of cells that are repeated `factor` times along y and x: each of the factor x factor places within a cell
// has weights of its own, for the two by two cells that it sees. Tiles of all places are blocks of the grid.
template <int across, int each>
struct UpConvOf : ConvSums<2, across, each> {
  using Base = ConvSums<2, across, each>;
  __half* y;  // [out_blocks, depth, factor height, factor width, 16]
  int factor;
  float alpha;

  dim3 grid() const {
    dim3 all = Base::grid();
    all.z *= static_cast<unsigned>(factor * factor);
    return all;
  }

  KDT_DEVICE void Block(typename Base::Shared& shared) const {
    const int tiles = (this->out_blocks + Base::kGroups - 1) / Base::kGroups, z = blockIdx.z;
    const Within within = {z / tiles / factor, z / tiles % factor};
    typename Base::Sums sums = {};
    const auto window = this->WindowOf(z, within.row == 0 ? 1 : 0, within.column == 0 ? 1 : 0);
    this->Sum(shared, z % tiles, window, sums);
    const auto place = this->PlaceOfWarp(z % tiles);
    KDT_UNROLL
    for (int group = 0; group < each; group++) {
      if (place.group + group < this->out_blocks) Store(place, group, within, sums);
    }
  }

 private:
  struct Within {
    int row, column;  // of the place within a cell
  };

  KDT_DEVICE void Store(const typename Base::Place& place, int group, const Within& within,
                        const typename Base::Sums& sums) const {
    const int block = place.group + group, four = this->FirstOfFour();
    const float4 shift = LoadFour(this->bias + block * 16 + four);
    const std::int64_t plane = (std::int64_t{block} * this->depth + blockIdx.y) * this->height;
    this->ForEachCell(place, [&](int row, int half, int y_at, int x_at) {
      const std::int64_t line = (plane + y_at) * factor + within.row;
      const std::int64_t at = (line * this->width + x_at) * factor + within.column;
      StoreFour(y + at * 16 + four, Active(Added(this->FourOf(sums, row, group, half), shift), alpha));
    });
  }
};

// Named by the side of the kernel and the channels of a block of threads.
struct Conv3x32 : ConvOf<3, 1, 2> {};
struct Conv3x64 : ConvOf<3, 2, 2> {};
struct Conv3x128 : ConvOf<3, 4, 2> {};
struct Conv3x144 : ConvOf<3, 3, 3, 6> {};
struct Conv1x32 : ConvOf<1, 1, 2> {};
struct Conv1x64 : ConvOf<1, 2, 2> {};
struct Conv1x128 : ConvOf<1, 4, 2> {};
struct Conv7x32 : ConvOf<7, 1, 2> {};
struct UpConv32 : UpConvOf<1, 2> {};
struct UpConv64 : UpConvOf<2, 2> {};
struct UpConv128 : UpConvOf<4, 2> {};

}  // namespace kdtalker::cuda
