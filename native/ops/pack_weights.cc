#include "ops/pack_weights.h"

#include <cstring>
#include <functional>
#include <map>
#include <numeric>

#include "core/error.h"
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
  return layout.bf16 ? BytesOf(kernels::PackConvWeights<Bf16>(method, conv))
                     : BytesOf(kernels::PackConvWeights<float>(method, conv));
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

std::vector<std::uint8_t> PackTokenLayers(const WeightLayout& layout, const float* weights) {
  return layout.bf16 ? BytesOf(kernels::PackLinear<Bf16>(weights, layout.inputs, layout.outputs))
                     : BytesOf(kernels::PackLinear<float>(weights, layout.inputs, layout.outputs));
}

// A packer for each operator that has packed weights.
const std::map<std::string, Packer>& Packers() {
  static const std::map<std::string, Packer> packers = {
      {"Conv", &PackConv},
      {"UpConv", &PackUpConv},
      {"Spade", &PackSpade},
      {"TokenLayers", &PackTokenLayers},
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
