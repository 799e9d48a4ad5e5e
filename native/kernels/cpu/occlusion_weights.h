#pragma once

#include <cstddef>
#include <cstdint>

namespace kdtalker::kernels {

// Bytes of the occlusion convolution's laid out weights for this number of blocks of 16 channels.
std::size_t OcclusionWeightsBytes(std::int64_t blocks);

// Weights [1, channels * 16, 7, 7], input c * 16 + d being depth d of channel c, as OcclusionPiece reads
// them: [block][depth][7][7][16] float32, zeros for channels that are missing.
void LayOutOcclusion(const float* weights, std::int64_t channels, float* laid_out);

}  // namespace kdtalker::kernels
