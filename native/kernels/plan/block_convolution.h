// A convolution that keeps the size, of blocked halves to blocked halves, sums in float32; with a bias, an
// activation of what is below zero, then an addend, and an activation of the sum. One index for each cell of
// a block of outputs. On a GPU tensor cores do it: cuda/kernels/conv.h.
#pragma once

#include "kernels/plan/block_product.h"

namespace kdtalker::kernels::plan {

struct BlockConvolution {
  Half* out;  // [out_blocks, depth, height, width, 16]
  BlockProduct product;
  const float* bias;     // [16 out_blocks]
  const Half* residual;  // like out, or null
  std::int64_t out_blocks;
  float alpha;  // the factor of what is below zero: 1 none, 0 ReLU
  float after;  // the same, of what the addend makes of it

  KDT_HOST_DEVICE std::int64_t count() const { return out_blocks * product.cells(); }

  KDT_HOST_DEVICE void operator()(std::int64_t i) const {
    Half values[kLanes];
    Values(i, values);
    for (std::int64_t lane = 0; lane < kLanes; lane++) out[i * kLanes + lane] = values[lane];
  }

 protected:
  // What a cell of a block is.
  KDT_HOST_DEVICE void Values(std::int64_t i, Half (&values)[kLanes]) const {
    float sums[kLanes] = {};
    const std::int64_t block = i / product.cells();
    product.Add(block, i % product.cells(), product.Centred(), sums);
    for (std::int64_t lane = 0; lane < kLanes; lane++) {
      const float value = sums[lane] + bias[block * kLanes + lane];
      const float old = residual == nullptr ? 0.0F : FloatOf(residual[i * kLanes + lane]);
      const float sum = old + (value < 0.0F ? value * alpha : value);
      values[lane] = HalfOf(sum < 0.0F ? sum * after : sum);
    }
  }
};

}  // namespace kdtalker::kernels::plan
