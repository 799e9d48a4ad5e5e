#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace kdtalker::ops {

// The layout of an operator's weights, as the lowering passes describe it (lib/packs/lowering).
struct WeightLayout {
  std::string op;  // the operator that reads them: Conv, UpConv, Spade, ...
  bool bf16 = false;
  int outputs = 0, inputs = 0;
  std::vector<std::int64_t> kernel;  // lengths of the axes after the channels; none for a matrix
  std::string algorithm;             // of Conv and Spade
  int factor = 1;                    // of UpConv
};

// Converts weights [outputs, inputs, ...kernel], for TokenLayers [inputs, outputs], to the layout that the
// operator's kernels read. Throws Error INVALID_ARGUMENT if no operator has the layout or the weights do not
// have its size.
std::vector<std::uint8_t> LayOutWeights(const WeightLayout& layout, const std::vector<float>& weights);

}  // namespace kdtalker::ops
