// Samples a feature volume trilinearly: zeros outside, -1 and 1 are the outer faces of the end cells (model
// 9). The volume is channel-last, so the eight weights of a cell serve all 32 channels.
#pragma once

#include "kernels/cpu/vector.h"
#include "kernels/cpu/volume.h"

namespace kdtalker::kernels::KDTALKER_ISA {

inline constexpr std::int64_t kFeatures = 32;

// x [channels, cells] to y [cells, channels]; cells [first, last).
inline void PutCellsFirst(const float* x, float* y, std::int64_t channels, std::int64_t cells,
                          std::int64_t first, std::int64_t last) {
  for (std::int64_t cell = first; cell < last; cell++) {
    for (std::int64_t channel = 0; channel < channels; channel++) {
      y[cell * channels + channel] = x[channel * cells + cell];
    }
  }
}

// The two cells on either side of a coordinate, and their weights: 0 outside.
struct Between {
  std::int64_t cell[2];
  float weight[2];
};

KDTALKER_INLINE Between BetweenCells(float coordinate, std::int64_t length) {
  const float at = ((coordinate + 1.0F) * static_cast<float>(length) - 1.0F) * 0.5F;
  if (!(at > -1.0F && at < static_cast<float>(length))) return {{0, 0}, {0.0F, 0.0F}};  // NaN too
  const auto below = static_cast<std::int64_t>(at + 1.0F) - 1;
  const float part = at - static_cast<float>(below);
  Between between{{below, below + 1}, {1.0F - part, part}};
  if (below < 0) between.cell[0] = 0, between.weight[0] = 0.0F;
  if (below + 1 >= length) between.cell[1] = 0, between.weight[1] = 0.0F;
  return between;
}

// All features at one place (x, y, z).
KDTALKER_INLINE void SampleCell(const float* volume, const float* place, float* features) {
  const Between x = BetweenCells(place[0], kVolumeSide);
  const Between y = BetweenCells(place[1], kVolumeSide);
  const Between z = BetweenCells(place[2], kVolumeDepth);
  Vector sums[kFeatures / kLanes] = {};
#pragma GCC unroll 8
  for (int corner = 0; corner < 8; corner++) {
    const int i = corner >> 2, j = (corner >> 1) & 1, k = corner & 1;
    const float weight = z.weight[i] * y.weight[j] * x.weight[k];
    const float* from =
        volume + ((z.cell[i] * kVolumeSide + y.cell[j]) * kVolumeSide + x.cell[k]) * kFeatures;
#pragma GCC unroll 8
    for (int part = 0; part < kFeatures / kLanes; part++) sums[part] += Load(from + part * kLanes) * weight;
  }
#pragma GCC unroll 8
  for (int part = 0; part < kFeatures / kLanes; part++) Store(features + part * kLanes, sums[part]);
}

// Row y = piece: volume [16, 64, 64, 32] at deformation [16, 64, 64, 3] to out [32, 64, 64, 16], depths as
// lanes.
template <class T>
void SampleVolumeRow(const float* volume, const float* deformation, T* out, std::int64_t piece) {
  static_assert(kVolumeDepth == kBlock);
  for (std::int64_t x = 0; x < kVolumeSide; x++) {
    alignas(64) float features[kVolumeDepth][kFeatures];
    const float* place = deformation + (piece * kVolumeSide + x) * 3;
    for (std::int64_t depth = 0; depth < kVolumeDepth; depth++) {
      SampleCell(volume, place + depth * kVolumeSide * kVolumeSide * 3, features[depth]);
    }
    T* to = out + (piece * kVolumeSide + x) * kBlock;
    for (std::int64_t feature = 0; feature < kFeatures; feature++) {
      alignas(64) float depths[kBlock];
      for (std::int64_t depth = 0; depth < kVolumeDepth; depth++) depths[depth] = features[depth][feature];
      StoreBlock(to + feature * kVolumeSide * kVolumeSide * kBlock, LoadBlock(depths));
    }
  }
}

}  // namespace kdtalker::kernels::KDTALKER_ISA
