#pragma once

#include <vector>

#include "kernels/cpu/token_kernels.h"

namespace kdtalker::kernels {

// A matrix [channels, outputs] as TokenKernels::linear reads it: [panel][channels][32] with zeros past the
// last output, in bfloat16 with pairs of channels side by side and a zero after an odd number of them. T is
// float or Bf16.
template <class T>
std::vector<T> LayOutLinear(const float* matrix, int channels, int outputs);

}  // namespace kdtalker::kernels
