#pragma once

#include <memory>

#include "core/scratch.h"
#include "ops/op.h"

namespace kdtalker::ops {

// The dense motion network's input (docs/model.md 9): compressed features [1, 4, 16, 64, 64] and keypoints of
// the portrait and of the frame, [1, 21, 3] each, to blocked [7, 16, 64, 64, 16]. Channel 5 c is candidate
// c's heat, the next four are its features; candidate 0 stays in place and has no heat.
template <class T>
class DenseMotionInput {
 public:
  static constexpr const char* kName = sizeof(T) == 4 ? "DenseMotionInput" : "DenseMotionInputBf16";
  static constexpr Element kInputs[] = {kElementOf<float>, kElementOf<float>, kElementOf<float>};
  static constexpr Element kOutput = kElementOf<T>;
  static constexpr int kOptional = 0;

  explicit DenseMotionInput(const Ort::ConstKernelInfo&) {}
  void Compute(const Ort::KernelContext& context);
  static Dims InferShape(Shapes& shapes);

 private:
  std::shared_ptr<ScratchPool> scratch_ = ScratchPool::Shared();
};

}  // namespace kdtalker::ops
