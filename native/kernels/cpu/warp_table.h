// The warp network's part of the table of an instruction set (isa_table.h).
#pragma once

#include "kernels/cpu/average_pool.h"
#include "kernels/cpu/dense_motion_input.h"
#include "kernels/cpu/mask_motion.h"
#include "kernels/cpu/occlusion.h"
#include "kernels/cpu/sample_volume.h"
#include "kernels/cpu/warp_kernels.h"

namespace kdtalker::kernels::KDTALKER_ISA {

template <class T>
inline constexpr WarpKernels<T> kWarpKernels = {
    &DenseMotionRow<T>, &MaskDepth<T>, &OcclusionPiece<T>, &SampleVolumeRow<T>, &AveragePoolRow<T>,
};

inline constexpr WarpFloatKernels kWarpFloatKernels = {
    &MaskColumns, &MaskLine, &MaskCells, &MaskMotionRow, &OcclusionRow, &PutCellsFirst,
};

}  // namespace kdtalker::kernels::KDTALKER_ISA
