#include "ops/sample_volume.h"

#include "ops/warp.h"

namespace kdtalker::ops {
namespace {

constexpr std::int64_t kFeatures = 32;
const Dims kVolume = {kernels::kVolumeDepth, kernels::kVolumeSide, kernels::kVolumeSide, kFeatures};
const Dims kSampled = {kFeatures, kernels::kVolumeSide, kernels::kVolumeSide, kernels::kVolumeDepth};

}  // namespace

template <class T>
Dims SampleVolume<T>::InferShape(Shapes&) {
  return kSampled;
}

template <class T>
void SampleVolume<T>::Compute(const Ort::KernelContext& context) {
  const Workers workers(context);
  Expect(InputDims(context, 0) == kVolume && InputDims(context, 1) == DeformationDims(), kName,
         "[16, 64, 64, 32] and [1, 16, 64, 64, 3]");
  const float *volume = Input<float>(context, 0), *deformation = Input<float>(context, 1);
  T* out = Output<T>(context, kSampled);
  workers.For(kernels::kVolumeSide, [&](std::int64_t piece) noexcept {
    WarpKernelsOf<T>().sample_volume(volume, deformation, out, piece);
  });
}

template class SampleVolume<float>;
template class SampleVolume<kernels::Bf16>;

}  // namespace kdtalker::ops
