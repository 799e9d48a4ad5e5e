#pragma once

#include <cstdint>
#include <vector>

#include "kernels/cpu/conv_kernels.h"

namespace kdtalker::kernels {

// The trained kernel of a convolution: [out_channels, in_channels, depth, side, side] with side 1
// (kPointwise) or 3.
struct ConvWeights {
  const float* values;
  int out_channels, in_channels, depth;
  bool spade;  // the upper half of the rows is gamma, the lower beta; their blocks of 16 alternate
};

// Lays weights out for runs with elements T (float or Bf16). Methods that keep taps: float32
// [panel][depth][block of the panel][in channels][9][16]. Others: T [panel][product][depth][in
// channels][panel width], with adjacent pairs of input channels in bfloat16; transformed in float64 and
// rounded once.
template <class T>
std::vector<std::uint8_t> LayOutConv(Method method, const ConvWeights& weights);

// Blocks of 16 output channels.
int OutBlocks(int out_channels, bool spade);

}  // namespace kdtalker::kernels
