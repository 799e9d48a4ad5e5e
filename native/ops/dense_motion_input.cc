#include "ops/dense_motion_input.h"

#include "ops/cells_first.h"
#include "ops/warp.h"

namespace kdtalker::ops {
namespace {

using kernels::DenseMotionTables;
using kernels::kCompressed;
using kernels::kVolumeCells;

const Dims kFeatures = {1, kCompressed, kernels::kVolumeDepth, kernels::kVolumeSide, kernels::kVolumeSide};

}  // namespace

template <class T>
Dims DenseMotionInput<T>::InferShape(Shapes&) {
  return BlockedVolume(kernels::kStackedBlocks);
}

template <class T>
void DenseMotionInput<T>::Compute(const Ort::KernelContext& context) {
  const Workers workers(context);
  Expect(InputDims(context, 0) == kFeatures && InputDims(context, 1) == KeypointDims() &&
             InputDims(context, 2) == KeypointDims(),
         kName, "[1, 4, 16, 64, 64] and twice [1, 21, 3]");
  const auto tables_memory = scratch_->Take(sizeof(DenseMotionTables));
  const auto volume_memory = scratch_->Take(kCompressed * kVolumeCells * sizeof(float));
  auto* tables = tables_memory.as<DenseMotionTables>();
  auto* volume = volume_memory.as<float>();
  kernels::MakeDenseMotionTables(Input<float>(context, 1), Input<float>(context, 2), tables);
  PutCellsFirst(workers, Input<float>(context, 0), volume, kCompressed, kVolumeCells);
  T* out = Output<T>(context, BlockedVolume(kernels::kStackedBlocks));
  workers.For(kernels::kVolumeDepth * kernels::kVolumeSide, [&](std::int64_t piece) noexcept {
    WarpKernelsOf<T>().dense_motion(volume, *tables, out, piece);
  });
}

template class DenseMotionInput<float>;
template class DenseMotionInput<kernels::Bf16>;

}  // namespace kdtalker::ops
