#include "kernels/cpu/occlusion_weights.h"

#include "kernels/cpu/block_size.h"
#include "kernels/cpu/volume.h"

namespace kdtalker::kernels {
namespace {

constexpr std::int64_t kTaps = 7 * 7;

}  // namespace

std::size_t OcclusionWeightsBytes(std::int64_t blocks) {
  return static_cast<std::size_t>(blocks * kBlock * kVolumeDepth * kTaps) * sizeof(float);
}

void LayOutOcclusion(const float* weights, std::int64_t channels, float* laid_out) {
  const std::int64_t blocks = BlocksOf(channels);
  for (std::int64_t channel = 0; channel < blocks * kBlock; channel++) {
    const std::int64_t block = channel / kBlock, lane = channel % kBlock;
    for (std::int64_t i = 0; i < kVolumeDepth * kTaps; i++) {
      laid_out[(block * kVolumeDepth * kTaps + i) * kBlock + lane] =
          channel < channels ? weights[channel * kVolumeDepth * kTaps + i] : 0.0F;
    }
  }
}

}  // namespace kdtalker::kernels
