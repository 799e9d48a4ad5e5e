// Functions that the operators of the warp network share.
#pragma once

#include "kernels/cpu/volume.h"
#include "ops/op.h"

namespace kdtalker::ops {

// The kernels that read or write blocked tensors of T.
template <class T>
const kernels::WarpKernels<T>& WarpKernelsOf() {
  return kernels::BestCpuKernels().Of<T>().warp;
}

// A blocked volume of the dense motion network, [blocks, 16, 64, 64, 16].
inline Dims BlockedVolume(std::int64_t blocks) {
  return {blocks, kernels::kVolumeDepth, kernels::kVolumeSide, kernels::kVolumeSide, kernels::kBlock};
}

// The place that every cell is sampled from, [1, 16, 64, 64, 3].
inline Dims DeformationDims() {
  return {1, kernels::kVolumeDepth, kernels::kVolumeSide, kernels::kVolumeSide, 3};
}

inline Dims KeypointDims() {
  return {1, kernels::kKeypoints, 3};
}

}  // namespace kdtalker::ops
