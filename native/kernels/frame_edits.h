// The user's changes of single frames, in the layout of a frame of motion: the scale is a factor (1 changes
// nothing), every other number is added (0 changes nothing).
//
// Trap: absolute mode takes the scale of the portrait and ignores the motion's (keypoints.h), so there the
// caller must apply the factor with Zoom().
#pragma once

#include "kernels/kernel.h"
#include "kernels/motion.h"

namespace kdtalker::kernels {

struct FrameEdits {
  const float* rows = nullptr;  // [count, 70]; null: no changes
  std::int64_t count = 0;       // 1: one row for all frames; else the clip's number of frames

  KDT_HOST_DEVICE const float* Row(std::int64_t frame) const {
    return rows + (count == 1 ? 0 : frame) * kMotionSize;
  }

  KDT_HOST_DEVICE float Zoom(std::int64_t frame) const { return rows == nullptr ? 1.0F : Row(frame)[kScale]; }

  KDT_HOST_DEVICE void Apply(float* motion, std::int64_t frame) const {
    if (rows == nullptr) return;
    const float* row = Row(frame);
    motion[kScale] *= row[kScale];
    for (int c = kScale + 1; c < kMotionSize; c++) motion[c] += row[c];
  }
};

}  // namespace kdtalker::kernels
