#pragma once

#include "ops/op.h"

namespace kdtalker::ops {

// Halves a blocked tensor's last two axes by averaging; leaves out an odd row or column at the end.
template <class T>
class AveragePool {
 public:
  static constexpr const char* kName = "AveragePool";
  static constexpr Element kInputs[] = {kElementOf<T>};
  static constexpr Element kOutput = kElementOf<T>;
  static constexpr int kOptional = 0;

  explicit AveragePool(const Ort::ConstKernelInfo&) {}
  void Compute(const Ort::KernelContext& context);
  static Dims InferShape(Shapes& shapes);
};

}  // namespace kdtalker::ops
