// Computes the renderer's keypoints from motion and canonical keypoints (docs/model.md 4; paper eq. 1). One
// index per keypoint. Keypoints are row vectors, x R with R = (Rz(roll) Ry(yaw) Rx(pitch))^T.
//
// Traps: the released inference takes the scale of the SOURCE, not the predicted one; t_z is 0 everywhere.
// Angles are computed in float64, so devices whose sines differ in the last bit nearly always agree.
#pragma once

#include <cmath>

#include "kernels/frame_edits.h"
#include "kernels/kernel.h"
#include "kernels/motion.h"

namespace kdtalker::kernels {

struct Rotation {
  float r[9];  // row-major
};

// Degrees, as the frame of motion holds them.
KDT_HOST_DEVICE Rotation RotationOf(const float* motion) {
  const double degree = 0.017453292519943295;
  const double yaw = static_cast<double>(motion[kYaw]) * degree;
  const double pitch = static_cast<double>(motion[kPitch]) * degree;
  const double roll = static_cast<double>(motion[kRoll]) * degree;
  const double sx = std::sin(pitch), cx = std::cos(pitch);
  const double sy = std::sin(yaw), cy = std::cos(yaw);
  const double sz = std::sin(roll), cz = std::cos(roll);
  return {{static_cast<float>(cz * cy), static_cast<float>(sz * cy), static_cast<float>(-sy),
           static_cast<float>(cz * sy * sx - sz * cx), static_cast<float>(sz * sy * sx + cz * cx),
           static_cast<float>(cy * sx), static_cast<float>(cz * sy * cx + sz * sx),
           static_cast<float>(sz * sy * cx - cz * sx), static_cast<float>(cy * cx)}};
}

// a b, or a b^T.
KDT_HOST_DEVICE Rotation Product(const Rotation& a, const Rotation& b, bool transposed) {
  Rotation out;
  for (int i = 0; i < 3; i++) {
    for (int j = 0; j < 3; j++) {
      float sum = 0.0F;
      for (int k = 0; k < 3; k++) sum += a.r[3 * i + k] * (transposed ? b.r[3 * j + k] : b.r[3 * k + j]);
      out.r[3 * i + j] = sum;
    }
  }
  return out;
}

KDT_HOST_DEVICE float Rotated(const float* point, const Rotation& by, int axis) {
  return point[0] * by.r[axis] + point[1] * by.r[3 + axis] + point[2] * by.r[6 + axis];
}

// R of one frame of motion as a tensor, for callers that keep it.
struct RotationMatrix {
  const float* motion;  // [70]
  float* out;           // [3, 3]

  KDT_HOST_DEVICE std::int64_t count() const { return 9; }

  KDT_HOST_DEVICE void operator()(std::int64_t i) const { out[i] = RotationOf(motion).r[i]; }
};

// The portrait's own keypoints x_s.
struct SourceKeypoints {
  const float* source;     // [70], the portrait's motion, raw
  const float* canonical;  // [21, 3], raw
  float* out;              // [21, 3]

  KDT_HOST_DEVICE std::int64_t count() const { return kKeypoints; }

  KDT_HOST_DEVICE void operator()(std::int64_t k) const {
    const Rotation rotation = RotationOf(source);
    for (int axis = 0; axis < 3; axis++) {
      const float expression = source[kExpression + 3 * k + axis];
      const float moved = source[kScale] * (Rotated(canonical + 3 * k, rotation, axis) + expression);
      out[3 * k + axis] = axis < 2 ? moved + source[kTranslation + axis] : moved;
    }
  }
};

// Driving keypoints x_d from the frames' own rotation, expression and translation.
struct AbsoluteKeypoints {
  const float* motion;     // [rows, 70], smoothed and edited
  const float* source;     // [70], the portrait's motion, raw
  const float* canonical;  // [21, 3], raw
  float* out;              // [last - first, 21, 3]
  std::int64_t first;
  std::int64_t last;
  FrameEdits edits = {};  // already applied to the motion, except the scale
  std::int64_t rows = kEveryFrame;

  KDT_HOST_DEVICE std::int64_t count() const { return (last - first) * kKeypoints; }

  KDT_HOST_DEVICE void operator()(std::int64_t i) const {
    const float* frame = motion + (first + i / kKeypoints) % rows * kMotionSize;
    const std::int64_t k = i % kKeypoints;
    const Rotation rotation = RotationOf(frame);
    const float scale = source[kScale] * edits.Zoom(first + i / kKeypoints);
    for (int axis = 0; axis < 3; axis++) {
      const float expression = frame[kExpression + 3 * k + axis];
      const float moved = scale * (Rotated(canonical + 3 * k, rotation, axis) + expression);
      out[3 * i + axis] = axis < 2 ? moved + frame[kTranslation + axis] : moved;
    }
  }
};

// Driving keypoints x_d from the portrait's own motion plus each frame's difference from the clip's first.
struct RelativeKeypoints {
  const float* motion;     // [rows, 70], smoothed and edited; the scale is the unsmoothed one
  const float* source;     // [70], the portrait's motion, raw
  const float* reference;  // [70], the clip's first frame (EditMotion::Reference)
  const float* canonical;  // [21, 3], raw
  float* out;              // [last - first, 21, 3]
  std::int64_t first;
  std::int64_t last;
  std::int64_t rows = kEveryFrame;

  KDT_HOST_DEVICE std::int64_t count() const { return (last - first) * kKeypoints; }

  KDT_HOST_DEVICE void operator()(std::int64_t i) const {
    const float* frame = motion + (first + i / kKeypoints) % rows * kMotionSize;
    const std::int64_t k = i % kKeypoints;
    const Rotation turn = Product(RotationOf(frame), RotationOf(reference), true);
    const Rotation rotation = Product(turn, RotationOf(source), false);
    const float scale = source[kScale] * (frame[kScale] / reference[kScale]);
    for (int axis = 0; axis < 3; axis++) {
      const float expression = Moved(frame, kExpression + 3 * k + axis);
      const float moved = scale * (Rotated(canonical + 3 * k, rotation, axis) + expression);
      out[3 * i + axis] = axis < 2 ? moved + Moved(frame, kTranslation + axis) : moved;
    }
  }

 private:
  KDT_HOST_DEVICE float Moved(const float* frame, std::int64_t c) const {
    return source[c] + (frame[c] - reference[c]);
  }
};

}  // namespace kdtalker::kernels
