#pragma once

#include "ops/op.h"

namespace kdtalker::ops {

// Converts [1, C, ...] to the blocked layout [ceil(C / 16), ..., 16].
template <class T>
class Block {
 public:
  static constexpr const char* kName = sizeof(T) == 4 ? "Block" : "BlockBf16";
  static constexpr Element kInputs[] = {kElementOf<float>};
  static constexpr Element kOutput = kElementOf<T>;
  static constexpr int kOptional = 0;

  explicit Block(const Ort::ConstKernelInfo&) {}
  void Compute(const Ort::KernelContext& context);
  static Dims InferShape(Shapes& shapes);
};

// Converts the blocked layout to [1, channels, ...].
template <class T>
class Unblock {
 public:
  static constexpr const char* kName = "Unblock";
  static constexpr Element kInputs[] = {kElementOf<T>};
  static constexpr Element kOutput = kElementOf<float>;
  static constexpr int kOptional = 0;

  explicit Unblock(const Ort::ConstKernelInfo& info)
      : channels_(info.GetAttribute<std::int64_t>("channels")) {}
  void Compute(const Ort::KernelContext& context);
  static Dims InferShape(Shapes& shapes);

 private:
  std::int64_t channels_;
};

}  // namespace kdtalker::ops
