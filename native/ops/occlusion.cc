#include "ops/occlusion.h"

#include "kernels/cpu/occlusion_weights.h"
#include "ops/warp.h"

namespace kdtalker::ops {
namespace {

constexpr std::int64_t kSide = kernels::kVolumeSide;
constexpr std::int64_t kPiecesOfBlock = 4;

}  // namespace

template <class T>
Occlusion<T>::Occlusion(const Ort::ConstKernelInfo& info)
    : blocks_(kernels::BlocksOf(info.GetAttribute<std::int64_t>("in_channels"))) {
  Expect(info.GetAttribute<std::int64_t>("kernel") == 7 && blocks_ > 0, kName,
         "a kernel of 7 and input channels");
}

template <class T>
Dims Occlusion<T>::InferShape(Shapes&) {
  return {1, 1, kSide, kSide};
}

template <class T>
void Occlusion<T>::Compute(const Ort::KernelContext& context) {
  const Workers workers(context);
  const std::int64_t pieces = kPiecesOfBlock * blocks_;
  Expect(InputDims(context, 0) == BlockedVolume(blocks_), kName, "a blocked volume of its channels");
  Expect(InputDims(context, 1) == Dims{static_cast<std::int64_t>(kernels::OcclusionWeightsBytes(blocks_))} &&
             InputDims(context, 2) == Dims{1},
         kName, "laid out weights and one bias");
  const auto memory = scratch_->Take(static_cast<std::size_t>(pieces * kSide * kSide) * sizeof(float));
  const auto* weights = reinterpret_cast<const float*>(Input<std::uint8_t>(context, 1));
  const T* x = Input<T>(context, 0);
  const float bias = *Input<float>(context, 2);
  auto* sums = memory.template as<float>();
  float* map = Output<float>(context, {1, 1, kSide, kSide});
  workers.For(pieces,
              [&](std::int64_t piece) noexcept { WarpKernelsOf<T>().occlusion(x, weights, sums, piece); });
  workers.For(kSide, [&](std::int64_t piece) noexcept {
    kernels::BestCpuKernels().warp_float.occlusion_map(sums, bias, map, pieces, piece);
  });
}

template class Occlusion<float>;
template class Occlusion<kernels::Bf16>;

}  // namespace kdtalker::ops
