#pragma once

#include <string>
#include <string_view>

namespace kdtalker {

// What runs networks on a GPU inside of ONNX Runtime. That of TensorRT has that of CUDA behind it, for nodes
// that TensorRT lacks.
enum class Provider { kNone, kCuda, kTensorRt };

// Of "cuda" or "tensorrt"; of other words none.
constexpr Provider ProviderOf(std::string_view word) {
  if (word == "tensorrt") return Provider::kTensorRt;
  return word == "cuda" ? Provider::kCuda : Provider::kNone;
}

// How a provider is used.
struct ProviderUse {
  Provider provider = Provider::kNone;
  std::string cache = {};  // a folder for what TensorRT builds; empty: it builds again each time
  bool graphs = false;     // it is asked to capture runs as CUDA graphs
};

}  // namespace kdtalker
