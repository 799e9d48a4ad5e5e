#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/scratch.h"
#include "kernels/cpu/kernel_table.h"
#include "ops/op.h"

namespace kdtalker::ops {

// One layer of TokenLayers; its input is the stream, [rows, channels].
struct TokenLayer {
  enum class Kind {
    kLinear,     // stream W + bias
    kSilu,       // silu(stream)
    kResidual,   // stream + silu(silu(normalised(stream W1 + b1) (1 + scale) + shift) W2 + b2)
    kAttention,  // stream + softmax(q k' + distance) v W + b of the normalised stream
  };
  Kind kind;
  int width;            // of the stream after it
  std::int64_t offset;  // kResidual: index of its scale and shift in the condition
  std::size_t input;    // index of its first input
};

// A layer's inputs, in the order of the operator's inputs.
struct TokenInputs {
  const void *weights = nullptr, *second = nullptr;          // laid out
  const float *bias = nullptr, *second_bias = nullptr;       // [width]
  const float *gamma = nullptr, *beta = nullptr;             // [width]
  const float *audio = nullptr, *time = nullptr;             // kResidual: the condition's parts
  const float *distances = nullptr, *frequencies = nullptr;  // kAttention
  std::int64_t audio_rows = 0, audio_row = 0;
  int far = 0, turning = 0;
};

struct TokenPlan {
  std::vector<TokenLayer> layers;
  int heads;
  float epsilon;
};

// Runs layers on x [rows, channels]; y is [rows, width of the last layer]. `inputs` has an entry per layer.
template <class T>
void RunTokenLayers(const kernels::CpuKernels& kernels, ScratchPool& scratch, const Workers& workers,
                    const TokenPlan& plan, const std::vector<TokenInputs>& inputs, const float* x, int rows,
                    int channels, float* y);

// A stack of layers over tokens in one operator, so its threads are woken once: x float [1, m, channels] to
// float [1, m, width].
//
// Attributes: layers (strings: "linear", "silu", "residual", "attention"), widths and offsets (one for each
// layer, see TokenLayer), heads, epsilon, precision ("fp32", "bf16"). After x come the inputs of each layer:
//   linear     weights u8, bias or nothing
//   residual   condition [1, n, c], time [1, c], weights u8, bias, gamma, beta, weights u8, bias; the first
//              m - n tokens have only the time's condition
//   attention  distances [2 far + 1, heads], frequencies [turning], gamma, beta, weights u8 of q k v,
//              weights u8, bias
class TokenLayers {
 public:
  static constexpr const char* kName = "TokenLayers";

  explicit TokenLayers(const Ort::ConstKernelInfo& info);
  void Compute(const Ort::KernelContext& context) const;

 private:
  TokenPlan plan_;
  bool bf16_;
  std::shared_ptr<ScratchPool> scratch_;
};

// TokenLayers for ONNX Runtime: any number of inputs of any type.
class TokenLayersOp : public Ort::CustomOpBase<TokenLayersOp, GuardedKernel<TokenLayers>, true> {
 public:
  const char* GetName() const { return TokenLayers::kName; }
  const char* GetExecutionProviderType() const { return "CPUExecutionProvider"; }
  std::size_t GetInputTypeCount() const { return 2; }
  Element GetInputType(std::size_t index) const {
    return index == 0 ? ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT : ONNX_TENSOR_ELEMENT_DATA_TYPE_UNDEFINED;
  }
  OrtCustomOpInputOutputCharacteristic GetInputCharacteristic(std::size_t index) const {
    return index == 0 ? INPUT_OUTPUT_REQUIRED : INPUT_OUTPUT_VARIADIC;
  }
  bool GetVariadicInputHomogeneity() const { return false; }
  std::size_t GetOutputTypeCount() const { return 1; }
  Element GetOutputType(std::size_t) const { return ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT; }
  OrtStatusPtr CreateKernelV2(const OrtApi&, const OrtKernelInfo* info, void** kernel) const {
    return Guard([&] { *kernel = new GuardedKernel<TokenLayers>(Ort::ConstKernelInfo(info)); });
  }
};

}  // namespace kdtalker::ops
