#pragma once

#include <cstdint>

#include "kernels/motion.h"

namespace kdtalker::kernels {

// The volume of dense motion and its candidates (docs/model.md 9).
inline constexpr std::int64_t kVolumeDepth = 16;
inline constexpr std::int64_t kVolumeSide = 64;
inline constexpr std::int64_t kVolumeCells = kVolumeDepth * kVolumeSide * kVolumeSide;
inline constexpr std::int64_t kCandidates = kKeypoints + 1;  // one stays, one moves with each keypoint

// Coordinates of the cells of a grid along one axis: -1..1 with both ends included.
template <std::int64_t length>
struct Places {
  float at[length];
};

template <std::int64_t length>
constexpr Places<length> MakePlaces() {
  Places<length> places{};
  for (std::int64_t i = 0; i < length; i++) {
    places.at[i] = static_cast<float>(2.0 * static_cast<double>(i) / static_cast<double>(length - 1) - 1.0);
  }
  return places;
}

inline constexpr Places<kVolumeSide> kSidePlaces = MakePlaces<kVolumeSide>();
inline constexpr Places<kVolumeDepth> kDepthPlaces = MakePlaces<kVolumeDepth>();

}  // namespace kdtalker::kernels
