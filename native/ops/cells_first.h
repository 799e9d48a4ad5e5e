#pragma once

#include "ops/op.h"

namespace kdtalker::ops {

// Features [1, channels, depth, height, width] to [depth, height, width, channels], which SampleVolume reads.
// Depends on the portrait alone.
class CellsFirst {
 public:
  static constexpr const char* kName = "CellsFirst";
  static constexpr Element kInputs[] = {kElementOf<float>};
  static constexpr Element kOutput = kElementOf<float>;
  static constexpr int kOptional = 0;

  explicit CellsFirst(const Ort::ConstKernelInfo&) {}
  void Compute(const Ort::KernelContext& context);
  static Dims InferShape(Shapes& shapes);
};

// The same for plain memory: x [channels, cells] to y [cells, channels], on the session's threads.
void PutCellsFirst(const Workers& workers, const float* x, float* y, std::int64_t channels,
                   std::int64_t cells);

}  // namespace kdtalker::ops
