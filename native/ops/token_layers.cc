#include "ops/token_layers.h"

#include <utility>

namespace kdtalker::ops {
namespace {

using kernels::Bf16;
using Kind = TokenLayer::Kind;

// The name of a kind of layers and its number of inputs.
struct KindShape {
  const char* name;
  std::size_t inputs;
};

KindShape ShapeOf(Kind kind) {
  switch (kind) {
    case Kind::kSilu:
      return {"silu", 0};
    case Kind::kResidual:
      return {"residual", 8};
    case Kind::kAttention:
      return {"attention", 7};
    case Kind::kLinear:
      break;
  }
  return {"linear", 2};
}

Kind KindOf(const std::string& name) {
  for (const Kind kind : {Kind::kLinear, Kind::kSilu, Kind::kResidual, Kind::kAttention})
    if (name == ShapeOf(kind).name) return kind;
  throw Error("PACK_INVALID", "Expected linear, silu, residual or attention for a layer of operator " +
                                  std::string(TokenLayers::kName) + " but received '" + name + "'");
}

TokenPlan PlanOf(const Ort::ConstKernelInfo& info) {
  TokenPlan plan{
      {}, static_cast<int>(info.GetAttribute<std::int64_t>("heads")), info.GetAttribute<float>("epsilon")};
  const auto names = info.GetAttributes<std::string>("layers");
  const auto widths = info.GetAttributes<std::int64_t>("widths"),
             offsets = info.GetAttributes<std::int64_t>("offsets");
  Expect(widths.size() == names.size() && offsets.size() == names.size() && !names.empty(),
         TokenLayers::kName, "as many widths and offsets as layers");
  std::size_t input = 1;
  for (std::size_t i = 0; i < names.size(); i++) {
    const Kind kind = KindOf(names[i]);
    plan.layers.push_back({kind, static_cast<int>(widths[i]), offsets[i], input});
    input += ShapeOf(kind).inputs;
  }
  return plan;
}

// Reads the inputs of a layer and checks that each has the elements that its kernel reads.
class InputReader {
 public:
  InputReader(const Ort::KernelContext& context, const TokenLayer& layer, bool bf16)
      : context_(context), next_(layer.input), bf16_(bf16) {}

  const float* Floats(std::int64_t count) { return static_cast<const float*>(Take(count * 4, false)); }
  const float* OptionalFloats(std::int64_t count) { return static_cast<const float*>(Take(count * 4, true)); }

  const void* Matrix(int channels, int outputs) {
    const std::int64_t panel =
        bf16_ ? kernels::TokenPanelSize<Bf16>(channels) * 2 : kernels::TokenPanelSize<float>(channels) * 4;
    return Take(panel * kernels::PanelsOf(outputs), false);
  }

  // The next input's dims.
  Dims NextDims() const { return InputDims(context_, next_); }

 private:
  const void* Take(std::int64_t bytes, bool optional) {
    const std::size_t index = next_++;
    const Ort::ConstValue value = context_.GetInput(index);
    if (optional && !value) return nullptr;
    if (!value || static_cast<std::int64_t>(value.GetTensorSizeInBytes()) < bytes) ThrowSize(bytes, index);
    return value.GetTensorRawData();
  }

  [[noreturn]] static void ThrowSize(std::int64_t bytes, std::size_t index) {
    throw Error("PACK_INVALID", "Expected " + std::to_string(bytes) + " bytes or more in input " +
                                    std::to_string(index) + " for operator " + TokenLayers::kName);
  }

  const Ort::KernelContext& context_;
  std::size_t next_;
  bool bf16_;
};

void ReadCondition(InputReader& reader, const TokenLayer& layer, std::int64_t rows, TokenInputs& in) {
  const Dims dims = reader.NextDims();
  const std::int64_t end = layer.offset + 2 * std::int64_t{layer.width};
  Expect(layer.offset >= 0 && dims.size() == 3 && dims[0] == 1 && dims[1] <= rows && dims[2] >= end,
         TokenLayers::kName,
         "a condition [1, n, c] of no more than the tokens and of scale and shift for all blocks");
  in.audio_rows = dims[1];
  in.audio_row = dims[2];
  in.audio = reader.Floats(dims[1] * dims[2]);
  in.time = reader.Floats(end);
}

void ReadResidual(InputReader& reader, const TokenLayer& layer, std::int64_t rows, TokenInputs& in) {
  ReadCondition(reader, layer, rows, in);
  in.weights = reader.Matrix(layer.width, layer.width);
  in.bias = reader.Floats(layer.width);
  in.gamma = reader.Floats(layer.width);
  in.beta = reader.Floats(layer.width);
  in.second = reader.Matrix(layer.width, layer.width);
  in.second_bias = reader.Floats(layer.width);
}

void ReadAttention(InputReader& reader, const TokenLayer& layer, int heads, TokenInputs& in) {
  Expect(heads > 0 && layer.width % heads == 0 && layer.width / heads % kernels::kHeadPanel == 0,
         TokenLayers::kName, "heads of a multiple of 32 numbers");
  const Dims distances = reader.NextDims();
  Expect(distances.size() == 2 && distances[0] % 2 == 1 && distances[1] == heads, TokenLayers::kName,
         "distances [2 far + 1, heads]");
  in.far = static_cast<int>(distances[0] / 2);
  in.distances = reader.Floats(distances[0] * heads);
  const Dims frequencies = reader.NextDims();
  in.turning = static_cast<int>(frequencies.empty() ? 0 : frequencies.back());
  Expect(in.turning % 2 == 0 && in.turning <= layer.width / heads, TokenLayers::kName,
         "frequencies in pairs");
  in.frequencies = reader.Floats(in.turning);
  in.gamma = reader.Floats(layer.width);
  in.beta = reader.Floats(layer.width);
  in.weights = reader.Matrix(layer.width, 3 * layer.width);
  in.second = reader.Matrix(layer.width, layer.width);
  in.second_bias = reader.Floats(layer.width);
}

TokenInputs ReadLayer(const Ort::KernelContext& context, const TokenPlan& plan, const TokenLayer& layer,
                      int channels, std::int64_t rows, bool bf16) {
  InputReader reader(context, layer, bf16);
  TokenInputs in;
  if (layer.kind == Kind::kLinear) {
    in.weights = reader.Matrix(channels, layer.width);
    in.bias = reader.OptionalFloats(layer.width);
    return in;
  }
  Expect(layer.width == channels, TokenLayers::kName,
         "the width of the stream for every layer but linear ones");
  if (layer.kind == Kind::kSilu) return in;
  Expect(layer.width % kernels::kBlock == 0, TokenLayers::kName, "tokens of a multiple of 16 numbers");
  if (layer.kind == Kind::kResidual) {
    ReadResidual(reader, layer, rows, in);
  } else {
    ReadAttention(reader, layer, plan.heads, in);
  }
  return in;
}

}  // namespace

TokenLayers::TokenLayers(const Ort::ConstKernelInfo& info)
    : plan_(PlanOf(info)),
      bf16_(info.GetAttribute<std::string>("precision") == "bf16"),
      scratch_(ScratchPool::Shared()) {}

void TokenLayers::Compute(const Ort::KernelContext& context) const {
  const Dims dims = InputDims(context, 0);
  Expect(dims.size() == 3 && dims[0] == 1, kName, "tokens [1, m, channels]");
  const auto rows = static_cast<int>(dims[1]);
  auto channels = static_cast<int>(dims[2]);
  std::vector<TokenInputs> inputs;
  inputs.reserve(plan_.layers.size());
  for (const TokenLayer& layer : plan_.layers) {
    inputs.push_back(ReadLayer(context, plan_, layer, channels, rows, bf16_));
    channels = layer.width;
  }
  const auto run = bf16_ ? &RunTokenLayers<Bf16> : &RunTokenLayers<float>;
  run(kernels::BestCpuKernels(), *scratch_, Workers(context), plan_, inputs, Input<float>(context, 0), rows,
      static_cast<int>(dims[2]), Output<float>(context, {1, dims[1], channels}));
}

}  // namespace kdtalker::ops
