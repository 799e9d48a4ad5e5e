#pragma once

#include "ops/op.h"

namespace kdtalker::ops {

// Samples the feature volume (CellsFirst's, [16, 64, 64, 32]) at a deformation [1, 16, 64, 64, 3]: trilinear,
// zeros outside. Output: blocked [32, 64, 64, 16], channel = feature * 16 + depth.
template <class T>
class SampleVolume {
 public:
  static constexpr const char* kName = sizeof(T) == 4 ? "SampleVolume" : "SampleVolumeBf16";
  static constexpr Element kInputs[] = {kElementOf<float>, kElementOf<float>};
  static constexpr Element kOutput = kElementOf<T>;
  static constexpr int kOptional = 0;

  explicit SampleVolume(const Ort::ConstKernelInfo&) {}
  void Compute(const Ort::KernelContext& context);
  static Dims InferShape(Shapes& shapes);
};

}  // namespace kdtalker::ops
