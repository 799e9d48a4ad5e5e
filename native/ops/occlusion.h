#pragma once

#include <memory>

#include "core/scratch.h"
#include "ops/op.h"

namespace kdtalker::ops {

// The occlusion map (docs/model.md 9): x blocked [9, 16, 64, 64, 16], read as 142 * 16 channels of a plane
// (channel * 16 + depth), weights of LayOutOcclusion, bias [1]; a 7x7 convolution and a sigmoid. Output:
// float [1, 1, 64, 64].
template <class T>
class Occlusion {
 public:
  static constexpr const char* kName = "Occlusion";
  static constexpr Element kInputs[] = {kElementOf<T>, kElementOf<std::uint8_t>, kElementOf<float>};
  static constexpr Element kOutput = kElementOf<float>;
  static constexpr int kOptional = 0;

  explicit Occlusion(const Ort::ConstKernelInfo& info);
  void Compute(const Ort::KernelContext& context);
  static Dims InferShape(Shapes& shapes);

 private:
  std::int64_t blocks_;
  std::shared_ptr<ScratchPool> scratch_ = ScratchPool::Shared();
};

}  // namespace kdtalker::ops
