// Softmax of views: what the functor Softmax computes, a warp a row. A lane's exponentials wait in its own
// places of `out`.
#pragma once

#include "cuda/kernels/offsets.h"
#include "cuda/kernels/warp_sum.h"
#include "kernels/plan/softmax.h"

namespace kdtalker::cuda {

struct Softmax {
  static constexpr int kThreads = 256, kBlocks = 4, kWarps = kThreads / 32;
  using Shared = NoShared;

  kernels::plan::Softmax of;

  dim3 grid() const { return dim3(static_cast<unsigned>((of.rows.count() + kWarps - 1) / kWarps)); }

  KDT_DEVICE void Block(Shared&) const {
    const std::int64_t i = std::int64_t{blockIdx.x} * kWarps + threadIdx.x / 32;
    if (i >= of.rows.count()) return;
    const Offsets<2> row(of.rows, i, of.out_strides, of.in_strides);
    const float* from = of.in + row.in[1];
    float* to = of.out + row.in[0];
    float most = from[0], sum = 0.0F;
    for (std::int64_t k = threadIdx.x % 32; k < of.length; k += 32) {
      const float value = from[k * of.in_along];
      if (value > most || value != value) most = value;
    }
    most = WarpMost(most);
    for (std::int64_t k = threadIdx.x % 32; k < of.length; k += 32) {
      const float power = expf(from[k * of.in_along] - most);
      to[k * of.out_along] = power;
      sum += power;
    }
    sum = WarpSum(sum);
    for (std::int64_t k = threadIdx.x % 32; k < of.length; k += 32) to[k * of.out_along] /= sum;
  }
};

}  // namespace kdtalker::cuda
