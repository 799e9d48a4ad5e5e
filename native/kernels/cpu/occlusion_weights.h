#pragma once

#include <cstddef>
#include <cstdint>

namespace kdtalker::kernels {

// Bytes of the occlusion convolution's laid out weights for this number of blocks of 16 channels.
std::size_t OcclusionWeightsBytes(std::int64_t blocks);

// Converts weights [1, channels * 16, 7, 7], whose input c * 16 + d is depth d of channel c, to
// OcclusionPiece's layout: [block][depth][7][7][16] float32, zeros for missing channels.
void LayOutOcclusion(const float* weights, std::int64_t channels, float* laid_out);

}  // namespace kdtalker::kernels
