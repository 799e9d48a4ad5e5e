// Matrix products of views in float32: what the functor Product computes, in another order of sums. A block
// makes kRows rows and 32 columns of the result. A tile of the left matrix is shared; its columns are split
// over the warps, and a lane adds up a column of the result with weights that it reads once for all rows: the
// weights of a layer of tokens are streamed once. The warps' sums are added in the order of the warps.
#pragma once

#include "cuda/kernels/offsets.h"
#include "kernels/plan/product.h"

namespace kdtalker::cuda {

template <int kRows>
struct Product {
  // A layer has fewer blocks of many rows than a GPU has multiprocessors, so that each may have one alone.
  static constexpr int kThreads = 256, kBlocks = kRows > 32 ? 1 : 2, kWarps = kThreads / 32, kColumns = 32;
  static constexpr int kSlice = 4,
                       kTile = kWarps * kSlice;  // of the axis that is summed over: a warp's, a block's
  static constexpr std::int64_t kMost = 1 << 30;
  struct Shared {
    alignas(16) float left[kRows][kTile];
    float sums[kRows][kColumns];
  };

  float* out;
  const float* left;
  const float* right;
  kernels::plan::Places batches;
  kernels::plan::Strides out_batches, left_batches, right_batches;
  int rows, columns, length;
  std::int64_t out_row, out_column, left_row, left_along, right_column, right_along;  // strides

  // Whether a block can have one column of weights for all of its rows, and the grid has room.
  static bool Takes(const kernels::plan::Product& of) {
    const std::int64_t rank = of.places.rank;
    if (rank < 2 || of.left_strides.of[rank - 1] != 0 || of.right_strides.of[rank - 2] != 0) return false;
    const std::int64_t rows = of.places.lengths[rank - 2], columns = of.places.lengths[rank - 1];
    return rows <= 65535 * kRows && columns <= kMost && of.length <= kMost &&
           of.places.count() <= 65535 * rows * columns;
  }

  static Product Of(const kernels::plan::Product& of) {
    const std::int64_t column = of.places.rank - 1, row = column - 1;
    Product made{};
    made.out = of.out;
    made.left = of.left;
    made.right = of.right;
    made.batches = of.places;
    made.out_batches = of.out_strides;
    made.left_batches = of.left_strides;
    made.right_batches = of.right_strides;
    made.batches.rank = row;
    made.rows = static_cast<int>(of.places.lengths[row]);
    made.columns = static_cast<int>(of.places.lengths[column]);
    made.length = static_cast<int>(of.length);
    made.out_row = of.out_strides.of[row];
    made.out_column = of.out_strides.of[column];
    made.left_row = of.left_strides.of[row];
    made.left_along = of.left_along;
    made.right_column = of.right_strides.of[column];
    made.right_along = of.right_along;
    return made;
  }

  dim3 grid() const {
    return dim3(Parts(columns, kColumns), Parts(rows, kRows), static_cast<unsigned>(batches.count()));
  }

  KDT_DEVICE void Block(Shared& shared) const {
    const Sides at = SidesOf();
    const int warp = threadIdx.x / 32, lane = threadIdx.x % 32;
    float sums[kRows] = {};
    KDT_NO_UNROLL
    for (int first = 0; first < length; first += kTile) {
      float weights[kSlice];
      ReadWeights(at, first + warp * kSlice, weights);
      ShareLeft(at, first, shared);
      __syncthreads();
      AddSlice(shared, warp * kSlice, weights, sums);
      __syncthreads();
    }
    KDT_NO_UNROLL
    for (int turn = 0; turn < kWarps; turn++) {
      if (warp == turn) {
        KDT_UNROLL
        for (int r = 0; r < kRows; r++)
          shared.sums[r][lane] = turn == 0 ? sums[r] : shared.sums[r][lane] + sums[r];
      }
      __syncthreads();
    }
    Write(at, shared, warp, lane);
  }

 private:
  // What a block reads: views that begin at its batch, its first row and its thread's column.
  struct Sides {
    const float *left, *right;
    int rows;  // that are left from its first on
    bool in_columns;
  };

  static unsigned Parts(std::int64_t length, int each) {
    return static_cast<unsigned>((length + each - 1) / each);
  }

  KDT_DEVICE Sides SidesOf() const {
    const Offsets<2> batch(batches, blockIdx.z, left_batches, right_batches);
    const std::int64_t row = std::int64_t{blockIdx.y} * kRows;
    const std::int64_t column = std::int64_t{blockIdx.x} * kColumns + threadIdx.x % 32;
    return {left + batch.in[0] + row * left_row, right + batch.in[1] + column * right_column,
            static_cast<int>(rows - row), column < columns};
  }

  KDT_DEVICE void ReadWeights(const Sides& at, int first, float (&weights)[kSlice]) const {
    KDT_UNROLL
    for (int k = 0; k < kSlice; k++) {
      const bool inside = at.in_columns && first + k < length;
      weights[k] = inside ? at.right[std::int64_t{first + k} * right_along] : 0.0F;
    }
  }

  KDT_DEVICE void ShareLeft(const Sides& at, int first, Shared& shared) const {
    KDT_NO_UNROLL
    for (int i = threadIdx.x; i < kRows * kTile; i += kThreads) {
      const int row = i / kTile, k = i % kTile;
      const bool inside = row < at.rows && first + k < length;
      shared.left[row][k] = inside ? at.left[row * left_row + std::int64_t{first + k} * left_along] : 0.0F;
    }
  }

  KDT_DEVICE static void AddSlice(const Shared& shared, int from, const float (&weights)[kSlice],
                                  float (&sums)[kRows]) {
    KDT_UNROLL
    for (int r = 0; r < kRows; r++) {
      const float4 left = *reinterpret_cast<const float4*>(&shared.left[r][from]);
      sums[r] += left.x * weights[0];
      sums[r] += left.y * weights[1];
      sums[r] += left.z * weights[2];
      sums[r] += left.w * weights[3];
    }
  }

  KDT_DEVICE void Write(const Sides& at, const Shared& shared, int warp, int lane) const {
    const Offsets<1> batch(batches, blockIdx.z, out_batches);
    const std::int64_t column = std::int64_t{blockIdx.x} * kColumns + lane;
    float* to = out + batch.in[0] + std::int64_t{blockIdx.y} * kRows * out_row + column * out_column;
    for (int r = warp; r < kRows; r += kWarps) {
      if (r < at.rows && at.in_columns) to[r * out_row] = shared.sums[r][lane];
    }
  }
};

// For the rows of vectors, of batches of few, and of the tokens of a window.
struct Product8 : Product<8> {};
struct Product32 : Product<32> {};
struct Product80 : Product<80> {};

}  // namespace kdtalker::cuda
