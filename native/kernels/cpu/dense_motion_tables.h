#pragma once

#include <cstdint>

#include "kernels/cpu/volume.h"

namespace kdtalker::kernels {

inline constexpr std::int64_t kCompressed = 4;             // features of the compressed volume
inline constexpr std::int64_t kOutside = kVolumeSide + 2;  // cells added to a row on either side
inline constexpr std::int64_t kStackedBlocks = 7;          // 22 candidates of heat and features, 2 zeros
inline constexpr std::int64_t kCandidateChannels = 1 + kCompressed;  // heat first

// The numbers of a frame's candidates that depend on one axis only. A candidate is the grid moved by a
// constant, so its weights are products of weights along z, y and x; so are the Gaussians of its heat.
struct DenseMotionTables {
  // Along z and y: two neighbouring cells and their weights; a weight outside the volume is 0, its cell 0.
  struct Pair {
    std::int32_t cell[2];
    float weight[2];
  };
  // Output x reads cells x + first .. x + first + 2: the grid's step is 64/63 cells, so `first` holds for a
  // whole row and one of the outer weights is 0. Weights are repeated for the four features.
  struct Row {
    std::int64_t first;  // -kOutside .. kOutside - 2
    float weight[3][kVolumeSide * kCompressed];
  };
  // exp(-(axis - keypoint)^2 / 0.02) of the driving keypoint and of the source's.
  struct Heat {
    float x[2][kVolumeSide];
    float y[2][kVolumeSide];
    float z[2][kVolumeDepth];
  };
  Pair z[kCandidates][kVolumeDepth];
  Pair y[kCandidates][kVolumeSide];
  Row x[kCandidates];
  Heat heat[kKeypoints];
};

// Keypoints [21, 3] of the portrait and of the frame; any numbers, including infinities and NaN.
void MakeDenseMotionTables(const float* source, const float* driving, DenseMotionTables* tables);

}  // namespace kdtalker::kernels
