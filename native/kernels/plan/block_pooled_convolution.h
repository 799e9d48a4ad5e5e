// A convolution (block_convolution.h) whose result is read by a mean of two by two cells alone: only that is
// written, the same bytes as if the cells had been. One index for each cell of a block of the result. On a
// GPU neighbouring lanes share cells: cuda/kernels/pooled.h.
#pragma once

#include "kernels/plan/block_convolution.h"

namespace kdtalker::kernels::plan {

// The forms that a GPU has a kernel for; cuda/blocks.cu lists them.
KDT_HOST_DEVICE bool HasPooledForm(std::int64_t side, std::int64_t groups) {
  return side == 3 && (groups == 4 || groups == 8);
}

// `out` is [out_blocks, depth, height / 2, width / 2, 16]; nothing is added to the result.
struct BlockPooledConvolution : BlockConvolution {
  KDT_HOST_DEVICE std::int64_t count() const { return BlockConvolution::count() / 4; }

  KDT_HOST_DEVICE void operator()(std::int64_t i) const {
    const std::int64_t across = product.width / 2, rows = i / across;  // of all planes
    float sums[kLanes] = {};
    for (std::int64_t near = 0; near < 4; near++) {
      Half values[kLanes];
      Values((2 * rows + near / 2) * product.width + 2 * (i % across) + near % 2, values);
      for (std::int64_t lane = 0; lane < kLanes; lane++) sums[lane] += FloatOf(values[lane]);
    }
    for (std::int64_t lane = 0; lane < kLanes; lane++) out[i * kLanes + lane] = HalfOf(0.25F * sums[lane]);
  }
};

}  // namespace kdtalker::kernels::plan
