// Functors of plans whose work on a GPU is a kernel of blocks, on tensor cores or with shared memory.
#pragma once

#include <cuda_runtime_api.h>

#include "kernels/plan/block_convolution.h"
#include "kernels/plan/block_mask_motion.h"
#include "kernels/plan/block_measured_convolution.h"
#include "kernels/plan/block_pooled_convolution.h"
#include "kernels/plan/block_sample.h"
#include "kernels/plan/block_spade.h"
#include "kernels/plan/block_statistics.h"
#include "kernels/plan/block_statistics_end.h"
#include "kernels/plan/block_sums.h"
#include "kernels/plan/block_up_convolution.h"

namespace kdtalker::cuda {

// cudaErrorInvalidValue for a form that no kernel has.
cudaError_t LaunchBlocks(cudaStream_t stream, const kernels::plan::BlockConvolution& convolution);
cudaError_t LaunchBlocks(cudaStream_t stream, const kernels::plan::BlockMeasuredConvolution& convolution);
cudaError_t LaunchBlocks(cudaStream_t stream, const kernels::plan::BlockPooledConvolution& convolution);
cudaError_t LaunchBlocks(cudaStream_t stream, const kernels::plan::BlockUpConvolution& convolution);
cudaError_t LaunchBlocks(cudaStream_t stream, const kernels::plan::BlockSpade& spade);
cudaError_t LaunchBlocks(cudaStream_t stream, const kernels::plan::BlockStatistics& statistics);
cudaError_t LaunchBlocks(cudaStream_t stream, const kernels::plan::BlockStatisticsEnd& statistics);
cudaError_t LaunchBlocks(cudaStream_t stream, const kernels::plan::BlockSums& sums);
cudaError_t LaunchBlocks(cudaStream_t stream, const kernels::plan::BlockMaskMotion& motion);
cudaError_t LaunchBlocks(cudaStream_t stream, const kernels::plan::BlockSample& sample);

}  // namespace kdtalker::cuda
