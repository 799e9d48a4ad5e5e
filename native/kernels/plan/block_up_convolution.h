// A convolution of kernel 3 over cells that are repeated `factor` times along y and x, of blocked halves,
// with a bias and an activation of what is below zero. The repeated cells are never made: each of the factor
// x factor places within a cell has weights of its own for the two by two cells that it sees. One index for
// each cell of a block of the result. On a GPU tensor cores do it: cuda/kernels/conv.h.
#pragma once

#include "kernels/plan/block_product.h"

namespace kdtalker::kernels::plan {

struct BlockUpConvolution {
  Half* out;             // [out_blocks, depth, factor height, factor width, 16]
  BlockProduct product;  // of side 2; weights of each place, one after the other
  const float* bias;     // [16 out_blocks]
  std::int64_t out_blocks, factor;
  float alpha;

  KDT_HOST_DEVICE std::int64_t count() const { return out_blocks * product.cells() * factor * factor; }

  KDT_HOST_DEVICE void operator()(std::int64_t i) const {
    const std::int64_t width = product.width * factor, height = product.height * factor;
    const std::int64_t x = i % width, y = i / width % height, plane = i / width / height;
    const std::int64_t block = plane / product.depth;
    const std::int64_t cell =
        (plane % product.depth * product.height + y / factor) * product.width + x / factor;
    float sums[kLanes] = {};
    product.Add(block, cell, product.Within(y % factor * factor + x % factor, factor, out_blocks), sums);
    for (std::int64_t lane = 0; lane < kLanes; lane++) {
      const float value = sums[lane] + bias[block * kLanes + lane];
      out[i * kLanes + lane] = HalfOf(value < 0.0F ? value * alpha : value);
    }
  }
};

}  // namespace kdtalker::kernels::plan
