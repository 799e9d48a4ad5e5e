#pragma once

#include <memory>

#include "core/scratch.h"
#include "ops/conv_plan.h"

namespace kdtalker::ops {

// Runs a convolution on the session's threads in one of three ways, depending on the size of a core's cache.
// By groups: a group of tiles from its inputs to its outputs. By products, if the matrices are large: one
// product after another over many tiles, so each matrix is read once. By panels, if there are few tiles and
// weights are kept as taps: one panel of outputs after another, so the matrices of all panels are never in
// memory together.
template <class T>
class ConvRunner {
 public:
  // Throws Error DEVICE_UNAVAILABLE if the instruction set has no arithmetic for T.
  explicit ConvRunner(const kernels::CpuKernels& kernels = kernels::BestCpuKernels());
  void Run(const Workers& workers, const kernels::ConvPlan& plan, const kernels::ConvCall<T>& call) const;

 private:
  struct Chunk;
  void RunWith(const Workers& workers, const kernels::ConvPlan& plan, const kernels::ConvCall<T>& call,
               const T* matrices) const;
  void TransformKernels(const Workers& workers, const kernels::ConvPlan& plan, const float* taps,
                        T* matrices) const;
  void RunByGroups(const Workers& workers, const kernels::ConvPlan& plan, const kernels::ConvCall<T>& call,
                   const T* matrices, int rows) const;
  void RunGroup(const kernels::ConvPlan& plan, const kernels::ConvCall<T>& call, const T* matrices,
                kernels::TileRange range, const kernels::ConvSpace<T>& space) const;
  void RunByProducts(const Workers& workers, const kernels::ConvPlan& plan, const kernels::ConvCall<T>& call,
                     const T* matrices) const;
  void RunSlices(const Workers& workers, Chunk chunk, int slices, const T* matrices) const;
  void TransformInputs(const Workers& workers, const Chunk& chunk, int first, int last) const;
  void TransformOutputs(const Workers& workers, const Chunk& chunk) const;
  void Products(const Workers& workers, const Chunk& chunk, const T* matrices) const;
  void Multiply(const Chunk& chunk, int product, const T* weights, float* outputs) const;
  void RunByPanels(const Workers& workers, const kernels::ConvPlan& plan,
                   const kernels::ConvCall<T>& call) const;
  void RunPanel(const kernels::ConvPlan& plan, const kernels::ConvCall<T>& call, T* inputs,
                std::int64_t input_stride, int panel) const;

  const kernels::ConvKernels<T>& kernels_;
  std::shared_ptr<ScratchPool> scratch_;
};

}  // namespace kdtalker::ops
