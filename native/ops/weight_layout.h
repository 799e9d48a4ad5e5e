#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace kdtalker::ops {

// How an operator wants its weights, as the lowering passes describe it (lib/packs/lowering).
struct WeightLayout {
  std::string op;  // the operator that reads them: Conv, UpConv, Spade, ...
  bool bf16 = false;
  int outputs = 0, inputs = 0;
  std::vector<std::int64_t> kernel;  // lengths of the axes after the channels; none for a matrix
  std::string algorithm;             // of Conv and Spade
  int factor = 1;                    // of UpConv
};

// Weights [outputs, inputs, ...kernel], for TokenLayers [inputs, outputs], as the operator's kernels read
// them. Throws Error INVALID_ARGUMENT for a layout that no operator has or for weights that are not of its
// size.
std::vector<std::uint8_t> LayOutWeights(const WeightLayout& layout, const std::vector<float>& weights);

}  // namespace kdtalker::ops
