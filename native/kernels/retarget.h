// What eye and lip retargeting need around their networks (docs/model.md 11). Ratios come by value: they
// travel with the launch and not as a copy of their own.
#pragma once

#include "kernels/motion.h"

namespace kdtalker::kernels {

// The ratios of one frame to a network's input: those of the source, then the wanted one.
struct PlaceRatios {
  float* out;  // [size]
  float ratios[3];
  std::int64_t size;  // 3 for the eyes: left, right, wanted; 2 for the lips: source, wanted

  KDT_HOST_DEVICE std::int64_t count() const { return size; }

  KDT_HOST_DEVICE void operator()(std::int64_t i) const { out[i] = ratios[i]; }
};

// keypoints += delta.
struct MoveKeypoints {
  float* keypoints;    // [21, 3]
  const float* delta;  // [21, 3]

  KDT_HOST_DEVICE std::int64_t count() const { return kExpressionSize; }

  KDT_HOST_DEVICE void operator()(std::int64_t i) const { keypoints[i] += delta[i]; }
};

}  // namespace kdtalker::kernels
