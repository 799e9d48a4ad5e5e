#pragma once

#include <cstdint>
#include <vector>

#include "kernels/cpu/conv_kernels.h"

namespace kdtalker::kernels {

// The kernel of a convolution as it is trained: [out_channels, in_channels, depth, side, side] with side 1
// (kPointwise) or 3.
struct ConvWeights {
  const float* values;
  int out_channels, in_channels, depth;
  bool spade;  // the upper half of the rows is gamma, the lower beta; their blocks of 16 alternate
};

// As the kernels read them: [panel][product][depth][in channels][panel width], in bfloat16 with pairs of
// input channels side by side. Transformed in float64, rounded once; T is float or Bf16.
template <class T>
std::vector<T> PackConvWeights(Method method, const ConvWeights& weights);

// Blocks of 16 output channels.
int OutBlocks(int out_channels, bool spade);

}  // namespace kdtalker::kernels
