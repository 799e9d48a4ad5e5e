#pragma once

#include <vector>

#include "kernels/cpu/token_kernels.h"

namespace kdtalker::kernels {

// The layout of a matrix [channels, outputs] for TokenKernels::linear: [panel][channels][kTokenPanel] with
// zeros past the last output. In bfloat16, pairs of channels are adjacent, and a zero follows an odd number
// of them. T is float or Bf16.
template <class T>
std::vector<T> LayOutLinear(const float* matrix, int channels, int outputs);

}  // namespace kdtalker::kernels
