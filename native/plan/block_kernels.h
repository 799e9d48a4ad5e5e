#pragma once

#include "plan/fields.h"
#include "plan/kernel.h"

namespace kdtalker::plan {

// The kernels of blocked halves, each from the numbers of its operation. They take them in the order in which
// lib/packs/lowering/plan/ops/blocks.ts writes them.
Kernel CopyHalvesOf(Fields& in);
Kernel ToBlocksOf(Fields& in);
Kernel FromBlocksOf(Fields& in);
Kernel BlockConvolutionOf(Fields& in);
Kernel BlockPoolOf(Fields& in);
Kernel BlockUpConvolutionOf(Fields& in);
Kernel BlockStatisticsOf(Fields& in);
Kernel BlockSpadeOf(Fields& in);

}  // namespace kdtalker::plan
