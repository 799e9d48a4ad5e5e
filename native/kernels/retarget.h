// The kernels before and after the eye and lip networks (docs/model.md 11). Ratios are passed by value: they
// need no separate copy to the device.
#pragma once

#include "kernels/motion.h"

namespace kdtalker::kernels {

// Writes the ratios of one frame to a network's input: the source's, then the wanted one.
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
