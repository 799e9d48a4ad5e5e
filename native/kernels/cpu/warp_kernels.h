// The kernels of the warp network besides its convolutions. Any threads can share their pieces.
#pragma once

#include <cstdint>

#include "kernels/cpu/bf16.h"
#include "kernels/cpu/dense_motion_tables.h"

namespace kdtalker::kernels {

// The kernels that read or write blocked tensors of T.
template <class T>
struct WarpKernels {
  // dense_motion_input.h: kVolumeDepth * kVolumeSide pieces.
  void (*dense_motion)(const float* volume, const DenseMotionTables& tables, T* out, std::int64_t piece);
  // mask_depth.h: mask::kDepthPieces pieces.
  void (*mask_depth)(const T* x, float* slices, std::int64_t piece);
  // occlusion.h: four pieces a block.
  void (*occlusion)(const T* x, const float* weights, float* sums, std::int64_t piece);
  // sample_volume.h: kVolumeSide pieces.
  void (*sample_volume)(const float* volume, const float* deformation, T* out, std::int64_t piece);
  // average_pool.h: a piece is a row of the output.
  void (*average_pool)(const T* x, T* y, std::int64_t height, std::int64_t width, std::int64_t piece);
};

// The kernels that are float32 in every precision.
struct WarpFloatKernels {
  // mask_convolution.h: kColumnPieces, kLinePieces, kCellPieces of mask.
  void (*mask_columns)(const float* slice, float* lines, std::int64_t piece);
  void (*mask_line)(const float* lines, const float* weights, float* outputs, float* space,
                    std::int64_t piece);
  void (*mask_cells)(const float* outputs, float* slice, std::int64_t piece);
  // mask_motion.h: kVolumeSide pieces.
  void (*mask_motion)(const float* slices, const float* bias, const float* source, const float* driving,
                      float* deformation, std::int64_t piece);
  // occlusion.h: kVolumeSide pieces.
  void (*occlusion_map)(const float* sums, float bias, float* map, std::int64_t planes, std::int64_t piece);
  // sample_volume.h
  void (*cells_first)(const float* x, float* y, std::int64_t channels, std::int64_t cells, std::int64_t first,
                      std::int64_t last);
};

}  // namespace kdtalker::kernels
