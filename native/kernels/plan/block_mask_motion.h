// The field of motion from the volume behind it: a convolution gives each cell 22 numbers, their softmax says
// how much of each candidate's motion the cell has, and its own place and the mixed shifts are the place that
// it comes from. Of blocked halves to floats; one index for each cell. On a GPU tensor cores do it:
// cuda/kernels/mask.h.
#pragma once

#include <cmath>

#include "kernels/plan/block_product.h"
#include "kernels/plan/motion_field.h"

namespace kdtalker::kernels::plan {

struct BlockMaskMotion {
  float* out;            // [depth, height, width, 3], in x, y, z
  BlockProduct product;  // to 32 outputs, of which 22 are candidates
  const float* bias;     // [32]
  Points points;

  // A GPU does not compute the last eight columns of the second sixteen, so the candidates lie before them.
  KDT_HOST_DEVICE static int OutputOf(int candidate) {
    return candidate < kLanes ? candidate : 16 + (candidate - 16) / 2 * 4 + candidate % 2;
  }

  KDT_HOST_DEVICE std::int64_t count() const { return product.cells(); }

  KDT_HOST_DEVICE void operator()(std::int64_t cell) const {
    float sums[2][kLanes] = {};
    for (std::int64_t block = 0; block < 2; block++) product.Add(block, cell, product.Centred(), sums[block]);
    float largest = sums[0][0] + bias[0];
    for (int candidate = 1; candidate < kCandidateCount; candidate++) {
      const int output = OutputOf(candidate);
      const float value = sums[output / kLanes][output % kLanes] + bias[output];
      if (value > largest) largest = value;
    }
    float total = 0.0F, shift[3] = {};
    for (int candidate = 0; candidate < kCandidateCount; candidate++) {
      const int output = OutputOf(candidate);
      const float power = std::exp(sums[output / kLanes][output % kLanes] + bias[output] - largest);
      total += power;
      for (int axis = 0; axis < 3; axis++) shift[axis] += power * points.Shift(candidate, axis);
    }
    for (int axis = 0; axis < 3; axis++) out[3 * cell + axis] = OwnPlace(cell, axis) + shift[axis] / total;
  }

 private:
  KDT_HOST_DEVICE float OwnPlace(std::int64_t cell, int axis) const {
    const std::int64_t rows = cell / product.width;
    const std::int64_t at = axis == 0   ? cell % product.width
                            : axis == 1 ? rows % product.height
                                        : rows / product.height;
    const std::int64_t length = axis == 0 ? product.width : axis == 1 ? product.height : product.depth;
    return PlaceOfCell(static_cast<int>(at), static_cast<int>(length));
  }
};

}  // namespace kdtalker::kernels::plan
