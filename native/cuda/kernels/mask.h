// The field of motion: kernels/plan/block_mask_motion.h. The convolution of conv.h with a kernel of 7 cells
// to 24 columns, of which 22 are candidates; four neighbouring lanes have all of a cell, and change maxima
// and sums.
#pragma once

#include <cmath>

#include "cuda/kernels/conv.h"
#include "kernels/plan/motion_field.h"

namespace kdtalker::cuda {

struct MaskMotion : ConvSums<7, 1, 2, 8, 1> {
  kernels::plan::Points points;
  float* y;  // [depth, height, width, 3]

  KDT_DEVICE void Block(Shared& shared) const {
    Sums sums = {};
    Sum(shared, 0, WindowOf(0, 3, 3), sums);
    const Place place = PlaceOfWarp(0);
    KDT_UNROLL
    for (int half = 0; half < 2; half++) {
      const Mixed mixed = MixedOf(sums, half);
      const int column = place.left + static_cast<int>(threadIdx.x) % 32 / 4 + 8 * half;
      Store(mixed, place.top, column);
    }
  }

 private:
  static constexpr int kOfLane = 6;  // candidates: four of the first sixteen, two of the rest

  struct Mixed {
    float total, shift[3];
  };

  KDT_DEVICE static int CandidateOf(int i) {
    const int lane = threadIdx.x % 4;
    return i < 4 ? 4 * lane + i : 16 + 2 * lane + i - 4;
  }

  // The softmax of a cell before its division, and the shifts that it mixes: sums over all of its lanes.
  KDT_DEVICE Mixed MixedOf(const Sums& sums, int half) const {
    float values[kOfLane];
    const int first = FirstOfFour();
    KDT_UNROLL
    for (int i = 0; i < kOfLane; i++) {
      const float sum = sums[0][i / 2][2 * half + i % 2];
      values[i] = sum + bias[i < 4 ? first + i : 16 + first + i - 4];
    }
    float largest = values[0];
    KDT_UNROLL
    for (int i = 1; i < kOfLane; i++) {
      if (CandidateOf(i) < kernels::plan::kCandidateCount && values[i] > largest) largest = values[i];
    }
    for (int step = 1; step < 4; step *= 2) {
      const float other = __shfl_xor_sync(0xFFFFFFFFU, largest, step);
      largest = other > largest ? other : largest;
    }
    Mixed mixed = {};
    KDT_UNROLL
    for (int i = 0; i < kOfLane; i++) Add(mixed, CandidateOf(i), values[i] - largest);
    for (int step = 1; step < 4; step *= 2) {
      mixed.total += __shfl_xor_sync(0xFFFFFFFFU, mixed.total, step);
      KDT_UNROLL
      for (float& shift : mixed.shift) shift += __shfl_xor_sync(0xFFFFFFFFU, shift, step);
    }
    return mixed;
  }

  KDT_DEVICE void Add(Mixed& mixed, int candidate, float value) const {
    if (candidate >= kernels::plan::kCandidateCount) return;
    const float power = std::exp(value);
    mixed.total += power;
    KDT_UNROLL
    for (int axis = 0; axis < 3; axis++) mixed.shift[axis] += power * points.Shift(candidate, axis);
  }

  // Each of three lanes writes one coordinate.
  KDT_DEVICE void Store(const Mixed& mixed, int row, int column) const {
    const int axis = threadIdx.x % 4, slice = blockIdx.y;
    if (axis == 3 || row >= height || column >= width) return;
    const float own = axis == 0   ? kernels::plan::PlaceOfCell(column, width)
                      : axis == 1 ? kernels::plan::PlaceOfCell(row, height)
                                  : kernels::plan::PlaceOfCell(slice, depth);
    const float shift = axis == 0 ? mixed.shift[0] : axis == 1 ? mixed.shift[1] : mixed.shift[2];
    y[((std::int64_t{slice} * height + row) * width + column) * 3 + axis] = own + shift / mixed.total;
  }
};

}  // namespace kdtalker::cuda
