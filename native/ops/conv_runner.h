#pragma once

#include <memory>

#include "core/scratch.h"
#include "ops/op.h"

namespace kdtalker::ops {

// The plan of a convolution over a blocked input [blocks, (depth,) height, width, 16]. Spade: out_channels
// are those of the result, of which gamma and beta are made each.
kernels::ConvPlan MakePlan(kernels::Method method, const Dims& x, int out_channels, int kernel_depth,
                           bool spade);

// Runs a convolution on the session's threads. There are two ways, by what a core's cache holds: a group of
// tiles from its inputs to its outputs, or, where the matrices are large, one product after the other over
// many tiles, so that each matrix is read once.
template <class T>
class ConvRunner {
 public:
  // Throws Error DEVICE_UNAVAILABLE where the instruction set has no arithmetic for T.
  explicit ConvRunner(const kernels::CpuKernels& kernels = kernels::BestCpuKernels());
  void Run(const Workers& workers, const kernels::ConvPlan& plan, const kernels::ConvCall<T>& call) const;

 private:
  struct Chunk;
  void RunByGroups(const Workers& workers, const kernels::ConvPlan& plan, const kernels::ConvCall<T>& call,
                   int rows) const;
  void RunByProducts(const Workers& workers, const kernels::ConvPlan& plan,
                     const kernels::ConvCall<T>& call) const;
  void Products(const Workers& workers, const Chunk& chunk) const;

  const kernels::ConvKernels<T>& kernels_;
  std::shared_ptr<ScratchPool> scratch_;
};

}  // namespace kdtalker::ops
