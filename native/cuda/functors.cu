// A kernel for each functor of core/kernel_list.h. Compiled with --fmad=false, so that arithmetic is that of
// the CPU.
#include "cuda/functors.h"

#include <cstring>

#include "core/kernel_list.h"
#include "cuda/blocks.h"
#include "cuda/kernels/launch.h"
#include "cuda/rows.h"
#include "kernels/convert.h"
#include "kernels/ddim.h"
#include "kernels/denormalise.h"
#include "kernels/edit.h"
#include "kernels/frame_noise.h"
#include "kernels/keypoints.h"
#include "kernels/known_motion.h"
#include "kernels/loudness.h"
#include "kernels/normal.h"
#include "kernels/normalise.h"
#include "kernels/paste.h"
#include "kernels/place_keypoints.h"
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
#include "kernels/range.h"
#include "kernels/region.h"
#include "kernels/rest_lips.h"
#include "kernels/retarget.h"
#include "kernels/rgb_to_420.h"
#include "kernels/ring.h"
#include "kernels/running_gate.h"
#include "kernels/set_timestep.h"
#include "kernels/silence_gate.h"
#include "kernels/smooth.h"
#include "kernels/warp_crop.h"
#include "kernels/warp_photo.h"
#include "kernels/windows.h"

namespace kdtalker::cuda {
namespace {

struct Functor {
  std::size_t bytes;
  cudaError_t (*launch)(cudaStream_t stream, const void* kernel);
};

// A functor without indices has nothing to do; CUDA refuses an empty grid.
template <class Kernel>
cudaError_t LaunchFunctor(cudaStream_t stream, const void* bytes) {
  Kernel kernel;
  std::memcpy(&kernel, bytes, sizeof(Kernel));
  if (kernel.count() <= 0) return cudaSuccess;
  if constexpr (requires { InBlocks(kernel); }) {
    return InBlocks(kernel) ? LaunchBlocks(stream, kernel) : Launch(stream, Each<Kernel>{kernel});
  } else if constexpr (requires { LaunchBlocks(stream, kernel); }) {
    return LaunchBlocks(stream, kernel);
  } else {
    return Launch(stream, Each<Kernel>{kernel});
  }
}

constexpr Functor kFunctors[] = {
#define KDT_FUNCTOR(Scope, Name) {sizeof(Scope::Name), &LaunchFunctor<Scope::Name>},
    KDT_FUNCTORS(KDT_FUNCTOR)
#undef KDT_FUNCTOR
};
constexpr auto kCount = static_cast<int>(kernels::Number::kCount);

}  // namespace

cudaError_t LaunchNumber(cudaStream_t stream, int functor, const void* kernel, std::size_t bytes) {
  if (functor < 0 || functor >= kCount || kFunctors[functor].bytes != bytes) return cudaErrorInvalidValue;
  return kFunctors[functor].launch(stream, kernel);
}

}  // namespace kdtalker::cuda
