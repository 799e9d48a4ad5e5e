#pragma once

#include "ops/op.h"

namespace kdtalker::ops {

// [1, C, ...] to the blocked layout [ceil(C / 16), ..., 16].
template <class T>
class Pack {
 public:
  static constexpr const char* kName = sizeof(T) == 4 ? "Pack" : "PackBf16";
  static constexpr Element kInputs[] = {kElementOf<float>};
  static constexpr Element kOutput = kElementOf<T>;
  static constexpr int kOptional = 0;

  explicit Pack(const Ort::ConstKernelInfo&) {}
  void Compute(const Ort::KernelContext& context);
  static Dims InferShape(Shapes& shapes);
};

// The blocked layout to [1, channels, ...].
template <class T>
class Unpack {
 public:
  static constexpr const char* kName = "Unpack";
  static constexpr Element kInputs[] = {kElementOf<T>};
  static constexpr Element kOutput = kElementOf<float>;
  static constexpr int kOptional = 0;

  explicit Unpack(const Ort::ConstKernelInfo& info)
      : channels_(info.GetAttribute<std::int64_t>("channels")) {}
  void Compute(const Ort::KernelContext& context);
  static Dims InferShape(Shapes& shapes);

 private:
  std::int64_t channels_;
};

}  // namespace kdtalker::ops
