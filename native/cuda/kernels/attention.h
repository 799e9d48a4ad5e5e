// Attention of views: what the functor Attention computes, in one kernel. A block makes kQueries rows of one
// head; a warp has kEach of them. Keys, and after them values, are shared tile by tile. The scores of a
// block's rows stay in shared memory, so that the softmax is over whole rows: the largest score is known
// before the first exponential. Sums have a fixed order.
#pragma once

#include "cuda/kernels/offsets.h"
#include "cuda/kernels/warp_sum.h"
#include "kernels/plan/attention.h"

namespace kdtalker::cuda {

struct Attention {
  using Functor = kernels::plan::Attention;
  static constexpr int kThreads = 256, kBlocks = 2, kWarps = kThreads / 32;
  static constexpr int kEach = 2, kQueries = kEach * kWarps;
  static constexpr int kTile = 32;  // keys, one for each lane
  static constexpr int kLength = static_cast<int>(Functor::kMostLength);
  static constexpr int kKeys = static_cast<int>(Functor::kMostKeys);
  struct Shared {
    alignas(16) float query[kQueries][kLength];
    float scores[kQueries][kKeys];
    float tile[kTile][kLength + 1];  // lanes read a column of it
  };

  Functor of;

  dim3 grid() const {
    return dim3(static_cast<unsigned>(of.heads.count()),
                static_cast<unsigned>((of.rows + kQueries - 1) / kQueries));
  }

  KDT_DEVICE void Block(Shared& shared) const {
    const Head head = HeadOf();
    const int keys = static_cast<int>(of.keys);
    ShareRows(shared.query, {head.query, of.query.row, of.query.along}, head.rows, of.length);
    KDT_NO_UNROLL
    for (int first = 0; first < keys; first += kTile) {
      ShareRows(shared.tile, {head.key + first * of.key.row, of.key.row, of.key.along}, keys - first,
                of.length);
      __syncthreads();
      Score(head, first, shared);
      __syncthreads();
    }
    Softmax(shared);
    float sums[kEach][2] = {};
    KDT_NO_UNROLL
    for (int first = 0; first < keys; first += kTile) {
      ShareRows(shared.tile, {head.value + first * of.value.row, of.value.row, of.value.along}, keys - first,
                of.size);
      __syncthreads();
      Mix(shared, first, sums);
      __syncthreads();
    }
    Write(head, sums);
  }

 private:
  // The matrices of a block's head; those with a row for each query begin at the block's first.
  struct Head {
    const float *query, *key, *value, *bias;
    float* out;
    int rows;  // that are left from the block's first on
  };
  struct Rows {
    const float* first;
    std::int64_t row, along;
  };

  KDT_DEVICE Head HeadOf() const {
    const Offsets<5> at(of.heads, blockIdx.x, of.query.heads, of.key.heads, of.value.heads, of.bias.heads,
                        of.out.heads);
    const std::int64_t row = std::int64_t{blockIdx.y} * kQueries;
    const float* bias = of.bias.first == nullptr ? nullptr : of.bias.first + at.in[3] + row * of.bias.row;
    return {of.query.first + at.in[0] + row * of.query.row,
            of.key.first + at.in[1],
            of.value.first + at.in[2],
            bias,
            of.out.first + at.in[4] + row * of.out.row,
            static_cast<int>(of.rows - row)};
  }

  // Rows that end before theirs is over, and those that are not there, are zeros.
  template <int kCount, int kWidth>
  KDT_DEVICE static void ShareRows(float (&to)[kCount][kWidth], const Rows& from, int rows,
                                   std::int64_t length) {
    KDT_NO_UNROLL
    for (int i = threadIdx.x; i < kCount * kLength; i += kThreads) {
      const int row = i / kLength, n = i % kLength;
      to[row][n] = row < rows && n < length ? from.first[row * from.row + n * from.along] : 0.0F;
    }
  }

  // The warp's rows against the tile's keys, of which a lane has one.
  KDT_DEVICE void Score(const Head& head, int first, Shared& shared) const {
    const int row = threadIdx.x / 32 * kEach, lane = threadIdx.x % 32, k = first + lane;
    float sums[kEach] = {};
    KDT_NO_UNROLL
    for (int n = 0; n < of.length; n += 4) {
      const float* key = &shared.tile[lane][n];
      KDT_UNROLL
      for (int r = 0; r < kEach; r++) {
        const float4 query = *reinterpret_cast<const float4*>(&shared.query[row + r][n]);
        sums[r] += query.x * key[0];
        sums[r] += query.y * key[1];
        sums[r] += query.z * key[2];
        sums[r] += query.w * key[3];
      }
    }
    KDT_UNROLL
    for (int r = 0; r < kEach; r++) {
      const bool biased = head.bias != nullptr && row + r < head.rows && k < of.keys;
      if (biased) sums[r] += head.bias[(row + r) * of.bias.row + k * of.bias.along];
      shared.scores[row + r][k] = sums[r];
    }
  }

  // A lane has the scores that it wrote itself. Those behind the last key are zeros, as the tile is there.
  KDT_DEVICE void Softmax(Shared& shared) const {
    const int row = threadIdx.x / 32 * kEach, lane = threadIdx.x % 32;
    KDT_UNROLL
    for (int r = 0; r < kEach; r++) {
      float* scores = shared.scores[row + r];
      float most = -INFINITY, sum = 0.0F;
      for (int k = lane; k < of.keys; k += 32)
        most = scores[k] > most || scores[k] != scores[k] ? scores[k] : most;
      most = WarpMost(most);
      for (int k = lane; k < of.keys; k += 32) sum += scores[k] = expf(scores[k] - most);
      sum = WarpSum(sum);
      for (int k = lane; k < of.keys; k += 32) scores[k] /= sum;
    }
  }

  // A lane has two numbers of the warp's rows.
  KDT_DEVICE static void Mix(const Shared& shared, int first, float (&sums)[kEach][2]) {
    const int row = threadIdx.x / 32 * kEach, lane = threadIdx.x % 32;
    KDT_NO_UNROLL
    for (int k = 0; k < kTile; k++) {
      const float values[2] = {shared.tile[k][lane], shared.tile[k][lane + 32]};
      KDT_UNROLL
      for (int r = 0; r < kEach; r++) {
        const float weight = shared.scores[row + r][first + k];
        sums[r][0] += weight * values[0];
        sums[r][1] += weight * values[1];
      }
    }
  }

  KDT_DEVICE void Write(const Head& head, const float (&sums)[kEach][2]) const {
    const int row = threadIdx.x / 32 * kEach, lane = threadIdx.x % 32;
    KDT_UNROLL
    for (int r = 0; r < kEach; r++) {
      KDT_UNROLL
      for (int half = 0; half < 2; half++) {
        const int n = lane + 32 * half;
        if (row + r < head.rows && n < of.size)
          head.out[(row + r) * of.out.row + n * of.out.along] = sums[r][half];
      }
    }
  }
};

}  // namespace kdtalker::cuda
