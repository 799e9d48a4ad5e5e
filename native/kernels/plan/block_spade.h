// A normalisation that a convolution of kernel 3 scales, and shifts if `shifted`, cell by cell:
//
//     out = (x - mean) / deviation * scale + shift
//
// and the activation of what is below zero after it. Of blocked halves; one index for each cell of a block.
// The convolution's outputs are 16 scales, then their 16 shifts, in turn; its bias is that of all scales,
// then of all shifts. On a GPU tensor cores do it: cuda/kernels/conv.h.
#pragma once

#include "kernels/plan/block_product.h"

namespace kdtalker::kernels::plan {

struct BlockSpade {
  Half* out;  // [blocks, height, width, 16]
  BlockProduct product;
  const float* bias;
  const Half* x;            // [blocks, height / factor, width / factor, 16]: its cells are repeated
  const float* statistics;  // of BlockStatistics
  std::int64_t blocks, factor, shifted;
  float alpha;

  KDT_HOST_DEVICE std::int64_t count() const { return blocks * product.cells(); }

  KDT_HOST_DEVICE void operator()(std::int64_t i) const {
    const std::int64_t block = i / product.cells(), cell = i % product.cells();
    float scales[kLanes] = {}, shifts[kLanes] = {};
    const BlockProduct::Window window = product.Centred();
    product.Add(shifted != 0 ? 2 * block : block, cell, window, scales);
    if (shifted != 0) product.Add(2 * block + 1, cell, window, shifts);
    const std::int64_t y = cell / product.width / factor, x_at = cell % product.width / factor;
    const Half* from =
        x + ((block * (product.height / factor) + y) * (product.width / factor) + x_at) * kLanes;
    for (std::int64_t lane = 0; lane < kLanes; lane++) {
      const float* of = statistics + block * 2 * kLanes + lane;
      const float scale = scales[lane] + bias[block * kLanes + lane];
      const float shift = shifted != 0 ? shifts[lane] + bias[(blocks + block) * kLanes + lane] : 0.0F;
      const float value = (FloatOf(from[lane]) - of[0]) * of[kLanes] * scale + shift;
      out[i * kLanes + lane] = HalfOf(value < 0.0F ? value * alpha : value);
    }
  }
};

}  // namespace kdtalker::kernels::plan
