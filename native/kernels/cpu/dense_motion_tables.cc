#include "kernels/cpu/dense_motion_tables.h"

#include <algorithm>
#include <cmath>

namespace kdtalker::kernels {
namespace {

constexpr float kHeat = -0.5F / 0.01F;  // model 9: variance 0.01

// A cell's place moved by `shift`, in units of cells; -1 and 1 are the outer faces of the end cells. NaN and
// places far from the volume become a place outside.
float CellOf(float place, float shift, std::int64_t length) {
  const float at = ((place + shift + 1.0F) * static_cast<float>(length) - 1.0F) * 0.5F;
  const float far = static_cast<float>(2 * length);
  return at > -far && at < far ? at : far;
}

DenseMotionTables::Pair MakePair(float at, std::int64_t length) {
  const auto below = static_cast<std::int32_t>(std::floor(at));
  const float part = at - static_cast<float>(below);
  DenseMotionTables::Pair pair{{below, below + 1}, {1.0F - part, part}};
  for (int i = 0; i < 2; i++) {
    if (pair.cell[i] >= 0 && pair.cell[i] < length) continue;
    pair.cell[i] = 0;
    pair.weight[i] = 0.0F;
  }
  return pair;
}

void MakeRow(float shift, DenseMotionTables::Row* row) {
  const auto start = static_cast<std::int64_t>(std::floor(CellOf(kSidePlaces.at[0], shift, kVolumeSide)));
  row->first = std::clamp(start, -kOutside, kOutside - 2);
  for (std::int64_t x = 0; x < kVolumeSide; x++) {
    const DenseMotionTables::Pair pair = MakePair(CellOf(kSidePlaces.at[x], shift, kVolumeSide), kVolumeSide);
    float weights[3] = {};
    for (int i = 0; i < 2; i++) {
      const std::int64_t tap = pair.cell[i] - x - row->first;
      if (tap >= 0 && tap < 3) weights[tap] += pair.weight[i];
    }
    for (int tap = 0; tap < 3; tap++) {
      std::fill_n(row->weight[tap] + x * kCompressed, kCompressed, weights[tap]);
    }
  }
}

template <std::int64_t length>
void MakeHeat(const Places<length>& places, float keypoint, float* heat) {
  for (std::int64_t i = 0; i < length; i++) {
    const float distance = places.at[i] - keypoint;
    heat[i] = std::exp(kHeat * distance * distance);
  }
}

void MakeHeats(const float* keypoint, int which, DenseMotionTables::Heat* heat) {
  MakeHeat(kSidePlaces, keypoint[0], heat->x[which]);
  MakeHeat(kSidePlaces, keypoint[1], heat->y[which]);
  MakeHeat(kDepthPlaces, keypoint[2], heat->z[which]);
}

// `shift`: the candidate's, along x, y and z.
void MakeCandidate(const float (&shift)[3], std::int64_t candidate, DenseMotionTables* tables) {
  MakeRow(shift[0], &tables->x[candidate]);
  for (std::int64_t y = 0; y < kVolumeSide; y++)
    tables->y[candidate][y] = MakePair(CellOf(kSidePlaces.at[y], shift[1], kVolumeSide), kVolumeSide);
  for (std::int64_t z = 0; z < kVolumeDepth; z++)
    tables->z[candidate][z] = MakePair(CellOf(kDepthPlaces.at[z], shift[2], kVolumeDepth), kVolumeDepth);
}

}  // namespace

void MakeDenseMotionTables(const float* source, const float* driving, DenseMotionTables* tables) {
  MakeCandidate({}, 0, tables);
  for (std::int64_t i = 0; i < kKeypoints; i++) {
    const float *from = source + 3 * i, *to = driving + 3 * i;
    MakeCandidate({from[0] - to[0], from[1] - to[1], from[2] - to[2]}, i + 1, tables);
    MakeHeats(to, 0, &tables->heat[i]);
    MakeHeats(from, 1, &tables->heat[i]);
  }
}

}  // namespace kdtalker::kernels
