#pragma once

#include "plan/fields.h"
#include "plan/kernel.h"

namespace kdtalker::plan {

// The kernels of blocked halves, each from the numbers of its operation. They take them in the order in which
// lib/packs/lowering/plan/ops/blocks.ts writes them.
Kernel ToBlocksOf(Fields& in);
Kernel FromBlocksOf(Fields& in);
Kernel BlockConvolutionOf(Fields& in);
Kernel BlockPoolOf(Fields& in);
Kernel BlockUpConvolutionOf(Fields& in);
Kernel BlockStatisticsOf(Fields& in);
Kernel BlockSpadeOf(Fields& in);
Kernel BlockPictureOf(Fields& in);
Kernel BlockMotionInputOf(Fields& in);
Kernel BlockMaskMotionOf(Fields& in);
Kernel BlockSampleOf(Fields& in);
Kernel BlockMaskedOf(Fields& in);
Kernel BlockSumsOf(Fields& in);
Kernel BlockSumsEndOf(Fields& in);
Kernel BlockOcclusionOf(Fields& in);
Kernel BlockNineOf(Fields& in);
Kernel BlockMeasuredConvolutionOf(Fields& in);
Kernel BlockStatisticsEndOf(Fields& in);
Kernel BlockPooledConvolutionOf(Fields& in);
Kernel BlockPooledSumsEndOf(Fields& in);

}  // namespace kdtalker::plan
