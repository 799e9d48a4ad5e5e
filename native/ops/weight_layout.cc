#include "ops/weight_layout.h"

#include <cstring>
#include <functional>
#include <map>
#include <numeric>

#include "core/error.h"
#include "kernels/cpu/conv_layout.h"
#include "kernels/cpu/linear_layout.h"
#include "kernels/cpu/mask_shape.h"
#include "kernels/cpu/mask_weights.h"
#include "kernels/cpu/occlusion_weights.h"
#include "ops/conv.h"

namespace kdtalker::ops {
namespace {

using kernels::Bf16;
using kernels::ConvWeights;
using kernels::Method;
using LayOut = std::vector<std::uint8_t> (*)(const WeightLayout&, const float* weights);

template <class T>
std::vector<std::uint8_t> BytesOf(const std::vector<T>& values) {
  std::vector<std::uint8_t> bytes(values.size() * sizeof(T));
  std::memcpy(bytes.data(), values.data(), bytes.size());
  return bytes;
}

std::vector<std::uint8_t> WeightsOfMethod(Method method, const WeightLayout& layout, const float* weights,
                                          bool spade) {
  const int depth = layout.kernel.size() == 3 ? static_cast<int>(layout.kernel[0]) : 1;
  const ConvWeights conv{weights, layout.outputs, layout.inputs, depth, spade};
  return layout.bf16 ? kernels::LayOutConv<Bf16>(method, conv) : kernels::LayOutConv<float>(method, conv);
}

std::vector<std::uint8_t> ConvWeightsOf(const WeightLayout& layout, const float* weights) {
  return WeightsOfMethod(MethodOf(layout.algorithm, layout.kernel), layout, weights, false);
}

std::vector<std::uint8_t> UpConvWeights(const WeightLayout& layout, const float* weights) {
  return WeightsOfMethod(Method::kUpsampled2, layout, weights, false);
}

std::vector<std::uint8_t> SpadeWeights(const WeightLayout& layout, const float* weights) {
  return WeightsOfMethod(MethodOf(layout.algorithm, layout.kernel), layout, weights, true);
}

// float32 in every precision.
template <class Fill>
std::vector<std::uint8_t> FloatWeights(std::size_t bytes, const Fill& fill) {
  std::vector<float> laid_out(bytes / sizeof(float));
  fill(laid_out.data());
  return BytesOf(laid_out);
}

std::vector<std::uint8_t> MaskMotionWeights(const WeightLayout& layout, const float* weights) {
  using namespace kernels::mask;
  if (layout.outputs != kernels::kCandidates || layout.inputs != kInputs ||
      layout.kernel != Dims{kKernel, kKernel, kKernel})
    throw Error("INVALID_ARGUMENT", "Expected weights [22, 142, 7, 7, 7] for operator MaskMotion");
  return FloatWeights(kernels::MaskWeightsBytes(),
                      [&](float* laid_out) { kernels::LayOutMask(weights, laid_out); });
}

std::vector<std::uint8_t> OcclusionWeights(const WeightLayout& layout, const float* weights) {
  if (layout.outputs != 1 || layout.inputs % kernels::kVolumeDepth != 0 || layout.kernel != Dims{7, 7})
    throw Error("INVALID_ARGUMENT", "Expected weights [1, channels * 16, 7, 7] for operator Occlusion");
  const std::int64_t channels = layout.inputs / kernels::kVolumeDepth;
  return FloatWeights(kernels::OcclusionWeightsBytes(kernels::BlocksOf(channels)),
                      [&](float* laid_out) { kernels::LayOutOcclusion(weights, channels, laid_out); });
}

std::vector<std::uint8_t> TokenWeights(const WeightLayout& layout, const float* weights) {
  return layout.bf16 ? BytesOf(kernels::LayOutLinear<Bf16>(weights, layout.inputs, layout.outputs))
                     : BytesOf(kernels::LayOutLinear<float>(weights, layout.inputs, layout.outputs));
}

// The layout functions of all operators with laid out weights.
const std::map<std::string, LayOut>& Layouts() {
  static const std::map<std::string, LayOut> layouts = {
      {"Conv", &ConvWeightsOf},           {"UpConv", &UpConvWeights},       {"Spade", &SpadeWeights},
      {"MaskMotion", &MaskMotionWeights}, {"Occlusion", &OcclusionWeights}, {"TokenLayers", &TokenWeights},
  };
  return layouts;
}

}  // namespace

std::vector<std::uint8_t> LayOutWeights(const WeightLayout& layout, const std::vector<float>& weights) {
  const auto found = Layouts().find(layout.op);
  if (found == Layouts().end())
    throw Error("INVALID_ARGUMENT",
                "Expected an operator that reads laid out weights but received '" + layout.op + "'");
  const std::int64_t taps =
      std::accumulate(layout.kernel.begin(), layout.kernel.end(), std::int64_t{1}, std::multiplies<>());
  const std::int64_t expected = std::int64_t{layout.outputs} * layout.inputs * taps;
  if (expected <= 0 || static_cast<std::int64_t>(weights.size()) != expected) {
    throw Error("INVALID_ARGUMENT", "Expected " + std::to_string(expected) + " weights for operator " +
                                        layout.op + " but received " + std::to_string(weights.size()));
  }
  return found->second(layout, weights.data());
}

}  // namespace kdtalker::ops
