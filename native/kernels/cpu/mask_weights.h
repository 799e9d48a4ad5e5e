#pragma once

#include <cstddef>
#include <cstdint>

namespace kdtalker::kernels {

// Bytes of the mask convolution's laid out weights (110 MB).
std::size_t MaskWeightsBytes();

// The spectrum of the mask's weights [22, 142, 7, 7, 7] in MaskProduct's layout: [slice 10][frequency 400]
// [channel 144][re 22, 0, 0, im 22, 0, 0] float32, computed in float64, including the transforms' scale.
void LayOutMask(const float* weights, float* laid_out);

}  // namespace kdtalker::kernels
