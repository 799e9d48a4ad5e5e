// Whether a device computes what it should.
#pragma once

#include <cuda_runtime_api.h>

#include "cuda/handles.h"

namespace kdtalker::cuda {

// Runs a functor, a convolution on tensor cores and a sampling of a volume. Their numbers are small enough to
// have no rounding, so that results are equal to the CPU's to the last bit. `wrong` names the first that is
// not.
cudaError_t SelfTest(Device& device, const char** wrong);

}  // namespace kdtalker::cuda
