#pragma once

#include <variant>
#include <vector>

#include "kernels/plan/attention.h"
#include "kernels/plan/block_convolution.h"
#include "kernels/plan/block_mask_motion.h"
#include "kernels/plan/block_masked.h"
#include "kernels/plan/block_measured_convolution.h"
#include "kernels/plan/block_motion_input.h"
#include "kernels/plan/block_nine.h"
#include "kernels/plan/block_occlusion.h"
#include "kernels/plan/block_picture.h"
#include "kernels/plan/block_pool.h"
#include "kernels/plan/block_pooled_convolution.h"
#include "kernels/plan/block_pooled_sums_end.h"
#include "kernels/plan/block_sample.h"
#include "kernels/plan/block_spade.h"
#include "kernels/plan/block_statistics.h"
#include "kernels/plan/block_statistics_end.h"
#include "kernels/plan/block_sums.h"
#include "kernels/plan/block_sums_end.h"
#include "kernels/plan/block_up_convolution.h"
#include "kernels/plan/convolution.h"
#include "kernels/plan/copy.h"
#include "kernels/plan/fill.h"
#include "kernels/plan/from_blocks.h"
#include "kernels/plan/gather.h"
#include "kernels/plan/map.h"
#include "kernels/plan/normalise_rows.h"
#include "kernels/plan/pool.h"
#include "kernels/plan/product.h"
#include "kernels/plan/reduce.h"
#include "kernels/plan/resize.h"
#include "kernels/plan/sample.h"
#include "kernels/plan/softmax.h"
#include "kernels/plan/to_blocks.h"
#include "kernels/plan/to_float.h"
#include "plan/tables.h"

namespace kdtalker::plan {

// The kinds of operations, each with the kernel that runs it; a kind is its place in this list and in KINDS
// of lib/packs/lowering/plan/kinds.ts. A further kind goes to the end of both.
using Kernel = std::variant<
    kernels::plan::Copy, kernels::plan::Fill, kernels::plan::ToFloat, kernels::plan::Map,
    kernels::plan::Reduce, kernels::plan::Softmax, kernels::plan::NormaliseRows, kernels::plan::Product,
    kernels::plan::Convolution, kernels::plan::Pool, kernels::plan::Resize, kernels::plan::Sample,
    kernels::plan::Gather, kernels::plan::CopyHalves, kernels::plan::ToBlocks, kernels::plan::FromBlocks,
    kernels::plan::BlockConvolution, kernels::plan::BlockPool, kernels::plan::BlockUpConvolution,
    kernels::plan::BlockStatistics, kernels::plan::BlockSpade, kernels::plan::BlockPicture,
    kernels::plan::BlockMotionInput, kernels::plan::BlockMaskMotion, kernels::plan::BlockSample,
    kernels::plan::BlockMasked, kernels::plan::BlockSums, kernels::plan::BlockSumsEnd,
    kernels::plan::BlockOcclusion, kernels::plan::BlockNine, kernels::plan::BlockMeasuredConvolution,
    kernels::plan::BlockStatisticsEnd, kernels::plan::BlockPooledConvolution,
    kernels::plan::BlockPooledSumsEnd, kernels::plan::Attention>;

// The kernel of an operation over buffers at these addresses (device addresses; null ones only check it).
// Throws Error PACK_DAMAGED for numbers with which a kernel could leave its buffers.
Kernel KernelOf(const Tables& tables, const Operation& operation, const std::vector<void*>& addresses);

}  // namespace kdtalker::plan
