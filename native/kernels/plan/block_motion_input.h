// The input of the network of dense motion, of blocked halves: for each candidate its heat at every cell, and
// the four features of the volume moved by it. One index for half the lanes of a cell of a block of
// results.
//
// The heat is a Gaussian around the driving keypoint less that around the portrait's: a product of Gaussians
// along the axes, whose exponents are added up before the one exponential.
#pragma once

#include <cmath>

#include "kernels/plan/motion_field.h"

namespace kdtalker::kernels::plan {

struct BlockMotionInput {
  Half* out;      // [7, depth, height, width, 16]: of each candidate its heat, then its features
  Volume volume;  // of one block, whose first four lanes are the features
  Points points;

  static constexpr int kFeatures = 4, kChannels = 1 + kFeatures;  // of a candidate
  static constexpr int kBlocks = (kCandidateCount * kChannels + static_cast<int>(kLanes) - 1) / kLanes;

  KDT_HOST_DEVICE std::int64_t count() const { return 2 * kBlocks * volume.cells(); }

  KDT_HOST_DEVICE void operator()(std::int64_t i) const {
    const int first = static_cast<int>(i / 2 / volume.cells() * kLanes + i % 2 * kEight);
    const auto cell = static_cast<int>(i / 2 % volume.cells());
    float values[kEight] = {};
    for (int k = 0; k < 3; k++) {  // eight lanes are of three candidates at most
      const Candidate candidate = CandidateAt(first / kChannels + k, cell);
      for (int lane = 0; lane < kEight; lane++) {
        const int part = first % kChannels + lane - k * kChannels;
        if (part >= 0 && part < kChannels) values[lane] = candidate.Channel(part);
      }
    }
    StoreEight(out + i * kEight, values);
  }

 private:
  struct Candidate {
    float heat, a, b, c, d;

    // Without an array, which a GPU would have to keep in memory.
    KDT_HOST_DEVICE float Channel(int part) const {
      return part == 0 ? heat : part == 1 ? a : part == 2 ? b : part == 3 ? c : d;
    }
  };

  // Behind the last candidate are zeros.
  KDT_HOST_DEVICE Candidate CandidateAt(int which, int cell) const {
    Candidate found = {};
    if (which >= kCandidateCount) return found;
    const float own[3] = {PlaceOfCell(cell % volume.width, volume.width),
                          PlaceOfCell(cell / volume.width % volume.height, volume.height),
                          PlaceOfCell(cell / volume.width / volume.height, volume.depth)};
    const float moved[3] = {own[0] + points.Shift(which, 0), own[1] + points.Shift(which, 1),
                            own[2] + points.Shift(which, 2)};
    if (which > 0) found.heat = Heat(points.driving, which, own) - Heat(points.source, which, own);
    volume.ForEachAround(moved, [&](int at, float weight) {
      const Half* of = volume.halves + std::int64_t{at} * kLanes;
      found.a += weight * FloatOf(of[0]);
      found.b += weight * FloatOf(of[1]);
      found.c += weight * FloatOf(of[2]);
      found.d += weight * FloatOf(of[3]);
    });
    return found;
  }

  KDT_HOST_DEVICE static float Heat(const float* keypoints, int which, const float (&own)[3]) {
    const float* at = keypoints + 3 * (which - 1);
    const float x = own[0] - at[0], y = own[1] - at[1], z = own[2] - at[2];
    return std::exp(-50.0F * (x * x + y * y + z * z));  // variance 0.01
  }
};

}  // namespace kdtalker::kernels::plan
