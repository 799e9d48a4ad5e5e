// Launches functors of native/kernels by their numbers.
#pragma once

#include <cuda_runtime_api.h>

#include <cstddef>

namespace kdtalker::cuda {

// cudaErrorInvalidValue if there is no such number, or the functor has another size.
cudaError_t LaunchNumber(cudaStream_t stream, int functor, const void* kernel, std::size_t bytes);

}  // namespace kdtalker::cuda
