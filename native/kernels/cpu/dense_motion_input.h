// The input of the dense motion network (docs/model.md 9): for each of 22 candidates its heat map and its
// features at every cell, from the feature volume compressed to 4 channels. Weights along one axis come from
// DenseMotionTables; a candidate's row is mixed from four rows of the volume and then along x, with four
// adjacent features.
#pragma once

#include "kernels/cpu/dense_motion_tables.h"
#include "kernels/cpu/vector.h"

namespace kdtalker::kernels::KDTALKER_ISA {

inline constexpr std::int64_t kStackedChannels = kStackedBlocks * kBlock;
inline constexpr std::int64_t kFeatureRow = kVolumeSide * kCompressed;
// A row padded with zeros as far as any candidate near the volume reads.
inline constexpr std::int64_t kWideRow = (kVolumeSide + 2 * kOutside) * kCompressed;

// Row y of depth z of a candidate, before it is moved along x: volume [16, 64, 64, 4] to row [64, 4].
KDTALKER_INLINE void MixRows(const float* volume, const DenseMotionTables::Pair& z,
                             const DenseMotionTables::Pair& y, float* row) {
  const float* from[4];
  float weight[4];
  for (int i = 0; i < 4; i++) {
    from[i] = volume + (z.cell[i >> 1] * kVolumeSide + y.cell[i & 1]) * kFeatureRow;
    weight[i] = z.weight[i >> 1] * y.weight[i & 1];
  }
  for (std::int64_t i = 0; i < kFeatureRow; i += kLanes) {
    Store(row + i, Load(from[0] + i) * weight[0] + Load(from[1] + i) * weight[1] +
                       Load(from[2] + i) * weight[2] + Load(from[3] + i) * weight[3]);
  }
}

// Moves a row along x: `wide` is the row with its zeros; features [64, 4].
KDTALKER_INLINE void MoveRow(const float* wide, const DenseMotionTables::Row& x, float* features) {
  const float* from = wide + (kOutside + x.first) * kCompressed;
  for (std::int64_t i = 0; i < kFeatureRow; i += kLanes) {
    Store(features + i, Load(from + i) * Load(x.weight[0] + i) +
                            Load(from + i + kCompressed) * Load(x.weight[1] + i) +
                            Load(from + i + 2 * kCompressed) * Load(x.weight[2] + i));
  }
}

KDTALKER_INLINE void HeatRow(const DenseMotionTables::Heat& heat, std::int64_t z, std::int64_t y,
                             float* row) {
  const float driving = heat.z[0][z] * heat.y[0][y], source = heat.z[1][z] * heat.y[1][y];
  for (std::int64_t x = 0; x < kVolumeSide; x += kLanes) {
    Store(row + x, Load(heat.x[0] + x) * driving - Load(heat.x[1] + x) * source);
  }
}

// Writes candidate c into channels 5 c .. 5 c + 4 of a row of cells, [64, 112].
KDTALKER_INLINE void PlaceCandidate(const float* heat, const float* features, std::int64_t candidate,
                                    float* cells) {
  float* to = cells + candidate * kCandidateChannels;
  for (std::int64_t x = 0; x < kVolumeSide; x++) {
    to[x * kStackedChannels] = heat[x];
    __builtin_memcpy(to + x * kStackedChannels + 1, features + x * kCompressed, kCompressed * sizeof(float));
  }
}

template <class T>
KDTALKER_INLINE void StoreStacked(const float* cells, T* out) {
  for (std::int64_t block = 0; block < kStackedBlocks; block++) {
    for (std::int64_t x = 0; x < kVolumeSide; x++) {
      StoreBlock(out + (block * kVolumeCells + x) * kBlock,
                 LoadBlock(cells + x * kStackedChannels + block * kBlock));
    }
  }
}

// Row y of depth z, piece = 64 z + y: volume [16, 64, 64, 4] to out [7, 16, 64, 64, 16].
template <class T>
void DenseMotionRow(const float* volume, const DenseMotionTables& tables, T* out, std::int64_t piece) {
  const std::int64_t z = piece / kVolumeSide, y = piece % kVolumeSide;
  alignas(64) float wide[kWideRow] = {};
  alignas(64) float features[kFeatureRow];
  alignas(64) float heat[kVolumeSide] = {};
  alignas(64) float cells[kVolumeSide * kStackedChannels];
  for (std::int64_t x = 0; x < kVolumeSide; x++) {
    for (std::int64_t i = kCandidates * kCandidateChannels; i < kStackedChannels; i++)
      cells[x * kStackedChannels + i] = 0;
  }
  for (std::int64_t c = 0; c < kCandidates; c++) {
    MixRows(volume, tables.z[c][z], tables.y[c][y], wide + kOutside * kCompressed);
    MoveRow(wide, tables.x[c], features);
    if (c > 0) HeatRow(tables.heat[c - 1], z, y, heat);
    PlaceCandidate(heat, features, c, cells);
  }
  StoreStacked(cells, out + piece * kVolumeSide * kBlock);
}

}  // namespace kdtalker::kernels::KDTALKER_ISA
