// Replaces canonical keypoints that the face's landmarks give more exactly than the motion network
// (`landmarks` of pack.json). The numbers are passed by value: they need no separate copy to the device.
#pragma once

#include "kernels/motion.h"

namespace kdtalker::kernels {

struct PlaceKeypoints {
  float* keypoints;             // [21, 3], in place
  float keep[kExpressionSize];  // 1: use the network's value, 0: ignore it
  float add[kExpressionSize];

  KDT_HOST_DEVICE std::int64_t count() const { return kExpressionSize; }

  KDT_HOST_DEVICE void operator()(std::int64_t i) const { keypoints[i] = keep[i] * keypoints[i] + add[i]; }
};

}  // namespace kdtalker::kernels
