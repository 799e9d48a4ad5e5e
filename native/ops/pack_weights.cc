#include "ops/pack_weights.h"

#include <cstring>
#include <functional>
#include <map>
#include <numeric>

#include "core/error.h"
#include "kernels/cpu/mask_shape.h"
#include "kernels/cpu/mask_weights.h"
#include "kernels/cpu/occlusion_weights.h"
#include "kernels/cpu/pack_conv.h"
#include "kernels/cpu/pack_linear.h"
#include "ops/conv.h"

namespace kdtalker::ops {
namespace {

using kernels::Bf16;
using kernels::ConvWeights;
using kernels::Method;
using Packer = std::vector<std::uint8_t> (*)(const WeightLayout&, const float* weights);

template <class T>
std::vector<std::uint8_t> BytesOf(const std::vector<T>& values) {
  std::vector<std::uint8_t> bytes(values.size() * sizeof(T));
  std::memcpy(bytes.data(), values.data(), bytes.size());
  return bytes;
}

std::vector<std::uint8_t> PackByMethod(Method method, const WeightLayout& layout, const float* weights,
                                       bool spade) {
  const int depth = layout.kernel.size() == 3 ? static_cast<int>(layout.kernel[0]) : 1;
  const ConvWeights conv{weights, layout.outputs, layout.inputs, depth, spade};
  return layout.bf16 ? kernels::PackConvWeights<Bf16>(method, conv)
                     : kernels::PackConvWeights<float>(method, conv);
}

std::vector<std::uint8_t> PackConv(const WeightLayout& layout, const float* weights) {
  return PackByMethod(MethodOf(layout.algorithm, layout.kernel), layout, weights, false);
}

std::vector<std::uint8_t> PackUpConv(const WeightLayout& layout, const float* weights) {
  return PackByMethod(Method::kUpsampled2, layout, weights, false);
}

std::vector<std::uint8_t> PackSpade(const WeightLayout& layout, const float* weights) {
  return PackByMethod(MethodOf(layout.algorithm, layout.kernel), layout, weights, true);
}

// float32 whatever the precision.
template <class Pack>
std::vector<std::uint8_t> PackFloats(std::size_t bytes, const Pack& pack) {
  std::vector<float> packed(bytes / sizeof(float));
  pack(packed.data());
  return BytesOf(packed);
}

std::vector<std::uint8_t> PackMaskMotion(const WeightLayout& layout, const float* weights) {
  using namespace kernels::mask;
  if (layout.outputs != kernels::kCandidates || layout.inputs != kInputs ||
      layout.kernel != Dims{kKernel, kKernel, kKernel})
    throw Error("INVALID_ARGUMENT", "Expected weights [22, 142, 7, 7, 7] for operator MaskMotion");
  return PackFloats(kernels::MaskWeightsBytes(),
                    [&](float* packed) { kernels::PackMaskWeights(weights, packed); });
}

std::vector<std::uint8_t> PackOcclusion(const WeightLayout& layout, const float* weights) {
  if (layout.outputs != 1 || layout.inputs % kernels::kVolumeDepth != 0 || layout.kernel != Dims{7, 7})
    throw Error("INVALID_ARGUMENT", "Expected weights [1, channels * 16, 7, 7] for operator Occlusion");
  const std::int64_t channels = layout.inputs / kernels::kVolumeDepth;
  return PackFloats(kernels::OcclusionWeightsBytes((channels + 15) / 16),
                    [&](float* packed) { kernels::PackOcclusionWeights(weights, channels, packed); });
}

std::vector<std::uint8_t> PackTokenLayers(const WeightLayout& layout, const float* weights) {
  return layout.bf16 ? BytesOf(kernels::PackLinear<Bf16>(weights, layout.inputs, layout.outputs))
                     : BytesOf(kernels::PackLinear<float>(weights, layout.inputs, layout.outputs));
}

// A packer for each operator that has packed weights.
const std::map<std::string, Packer>& Packers() {
  static const std::map<std::string, Packer> packers = {
      {"Conv", &PackConv},           {"UpConv", &PackUpConv},
      {"Spade", &PackSpade},         {"MaskMotion", &PackMaskMotion},
      {"Occlusion", &PackOcclusion}, {"TokenLayers", &PackTokenLayers},
  };
  return packers;
}

}  // namespace

std::vector<std::uint8_t> PackWeights(const WeightLayout& layout, const std::vector<float>& weights) {
  const auto packer = Packers().find(layout.op);
  if (packer == Packers().end())
    throw Error("INVALID_ARGUMENT",
                "Expected an operator with packed weights but received '" + layout.op + "'");
  const std::int64_t taps =
      std::accumulate(layout.kernel.begin(), layout.kernel.end(), std::int64_t{1}, std::multiplies<>());
  const std::int64_t expected = std::int64_t{layout.outputs} * layout.inputs * taps;
  if (expected <= 0 || static_cast<std::int64_t>(weights.size()) != expected) {
    throw Error("INVALID_ARGUMENT", "Expected " + std::to_string(expected) + " weights for operator " +
                                        layout.op + " but received " + std::to_string(weights.size()));
  }
  return packer->second(layout, weights.data());
}

}  // namespace kdtalker::ops
