// Canonical keypoints that the face's landmarks know better than the motion network (`landmarks` of
// pack.json). By value: the numbers travel with the launch, not as a copy of their own.
#pragma once

#include "kernels/motion.h"

namespace kdtalker::kernels {

struct PlaceKeypoints {
  float* keypoints;             // [21, 3], in place
  float keep[kExpressionSize];  // 1: the network's own value counts, 0: it does not
  float add[kExpressionSize];

  KDT_HOST_DEVICE std::int64_t count() const { return kExpressionSize; }

  KDT_HOST_DEVICE void operator()(std::int64_t i) const { keypoints[i] = keep[i] * keypoints[i] + add[i]; }
};

}  // namespace kdtalker::kernels
