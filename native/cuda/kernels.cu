// The kernels of blocks, as nvcc compiles them: what `npm run test:gpu-resources` looks at.
#include "cuda/kernels/conv.h"
#include "cuda/kernels/sample_volume.h"
#include "cuda/kernels/stats.h"

namespace kdtalker::cuda {

// resources.mjs reads how much shared memory a block has from these lines.
static_assert(sizeof(Conv::Shared) == 41856);
static_assert(sizeof(SampleVolume::Shared) == 6144);
static_assert(sizeof(Stats::Shared) == 576);

template cudaError_t Launch(cudaStream_t, const Stats&);
template cudaError_t Launch(cudaStream_t, const SampleVolume&);
template cudaError_t Launch(cudaStream_t, const Conv&);

}  // namespace kdtalker::cuda
