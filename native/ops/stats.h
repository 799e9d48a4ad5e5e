#pragma once

#include "ops/op.h"

namespace kdtalker::ops {

// Mean and 1 / sqrt(variance + epsilon) of every channel of a blocked tensor. Output: [blocks, 2, 16].
template <class T>
class Stats {
 public:
  static constexpr const char* kName = "Stats";
  static constexpr Element kInputs[] = {kElementOf<T>};
  static constexpr Element kOutput = kElementOf<float>;
  static constexpr int kOptional = 0;

  explicit Stats(const Ort::ConstKernelInfo& info) : epsilon_(info.GetAttribute<float>("epsilon")) {}
  void Compute(const Ort::KernelContext& context);
  static Dims InferShape(Shapes& shapes);

 private:
  float epsilon_;
};

}  // namespace kdtalker::ops
