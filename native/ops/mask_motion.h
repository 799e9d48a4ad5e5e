#pragma once

#include <memory>

#include "core/scratch.h"
#include "ops/op.h"

namespace kdtalker::ops {

// The place that every cell is sampled from (docs/model.md 9): x blocked [9, 16, 64, 64, 16] of 142 channels,
// weights of LayOutMask, bias [22], keypoints of the portrait and of the frame, [1, 21, 3] each. A 7x7x7
// convolution by Fourier transforms, softmax over the candidates and their blend, in float32 for every T.
// Output: float [1, 16, 64, 64, 3].
template <class T>
class MaskMotion {
 public:
  static constexpr const char* kName = "MaskMotion";
  static constexpr Element kInputs[] = {kElementOf<T>, kElementOf<std::uint8_t>, kElementOf<float>,
                                        kElementOf<float>, kElementOf<float>};
  static constexpr Element kOutput = kElementOf<float>;
  static constexpr int kOptional = 0;

  explicit MaskMotion(const Ort::ConstKernelInfo& info);
  void Compute(const Ort::KernelContext& context);
  static Dims InferShape(Shapes& shapes);

 private:
  std::shared_ptr<ScratchPool> scratch_ = ScratchPool::Shared();
};

}  // namespace kdtalker::ops
