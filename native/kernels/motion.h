// The layout of one frame of motion: 70 floats, [scale, yaw, pitch, roll, tx, ty, tz, exp(21 x 3)], angles in
// degrees.
#pragma once

#include "kernels/kernel.h"

namespace kdtalker::kernels {

inline constexpr std::int64_t kMotionSize = 70;

// Rows of a buffer that has one for every frame. One with fewer rows holds only the last frames.
inline constexpr std::int64_t kEveryFrame = INT64_MAX;

// The row of a frame, which may be before the first, in a buffer of so many rows.
KDT_HOST_DEVICE std::int64_t RowOf(std::int64_t frame, std::int64_t rows) {
  const std::int64_t row = frame % rows;
  return row < 0 ? row + rows : row;
}

inline constexpr std::int64_t kKeypoints = 21;
inline constexpr int kExpressionSize = 3 * kKeypoints;

inline constexpr int kScale = 0;
inline constexpr int kYaw = 1;
inline constexpr int kPitch = 2;
inline constexpr int kRoll = 3;
inline constexpr int kTranslation = 4;
inline constexpr int kExpression = 7;

// Combines the motion extractor's outputs into one frame of (raw) motion: the portrait's own.
struct PackMotion {
  const float* scale;        // [1]
  const float* yaw;          // [1]
  const float* pitch;        // [1]
  const float* roll;         // [1]
  const float* translation;  // [3]
  const float* expression;   // [21, 3]
  float* out;                // [70]

  KDT_HOST_DEVICE std::int64_t count() const { return kMotionSize; }

  KDT_HOST_DEVICE float Value(std::int64_t i) const {
    switch (i) {
      case kScale:
        return scale[0];
      case kYaw:
        return yaw[0];
      case kPitch:
        return pitch[0];
      case kRoll:
        return roll[0];
      default:
        return i < kExpression ? translation[i - kTranslation] : expression[i - kExpression];
    }
  }

  KDT_HOST_DEVICE void operator()(std::int64_t i) const { out[i] = Value(i); }
};

}  // namespace kdtalker::kernels
