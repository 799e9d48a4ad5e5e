// Functors of plans over rows of floats whose work on a GPU is a kernel of blocks.
#pragma once

#include <cuda_runtime_api.h>

#include "kernels/plan/attention.h"
#include "kernels/plan/normalise_rows.h"
#include "kernels/plan/product.h"
#include "kernels/plan/softmax.h"

namespace kdtalker::cuda {

// Whether the views of a product have the form that kernels of blocks take; otherwise it has a thread for
// each element.
bool InBlocks(const kernels::plan::Product& product);
cudaError_t LaunchBlocks(cudaStream_t stream, const kernels::plan::Product& product);
cudaError_t LaunchBlocks(cudaStream_t stream, const kernels::plan::NormaliseRows& rows);
cudaError_t LaunchBlocks(cudaStream_t stream, const kernels::plan::Softmax& softmax);
cudaError_t LaunchBlocks(cudaStream_t stream, const kernels::plan::Attention& attention);

}  // namespace kdtalker::cuda
