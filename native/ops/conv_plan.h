#pragma once

#include "ops/op.h"

namespace kdtalker::ops {

constexpr int Quotient(int value, int by) {
  return (value + by - 1) / by;
}

// The plan of a convolution over a blocked input [blocks, (depth,) height, width, 16]. Spade: out_channels is
// the result's number of channels, and gamma and beta have as many each.
kernels::ConvPlan MakePlan(kernels::Method method, const Dims& x, int out_channels, int kernel_depth,
                           bool spade);

// Bytes of the laid out weights (kernels/cpu/conv_layout.h) of a plan.
template <class T>
std::int64_t WeightBytes(const kernels::ConvPlan& plan);

}  // namespace kdtalker::ops
