// Resizing on three axes by tables: for every coordinate of the result the two coordinates of the input that
// it lies between, and the weight of the second. A nearest neighbour has weight 0. Negative strides are not
// used.
#pragma once

#include "kernels/plan/window.h"

namespace kdtalker::kernels::plan {

struct Resize {
  float* out;
  const float* in;
  const std::int64_t* between;  // [length of an axis, 2], the axes one after another
  const float* weights;         // [length of an axis], the axes one after another
  Places places;                // [batch, channels, depth, height, width] of the result
  Strides out_strides, in_strides;
  std::int64_t input[kAxes];

  KDT_HOST_DEVICE std::int64_t count() const { return places.count(); }

  KDT_HOST_DEVICE void operator()(std::int64_t i) const {
    const Place place(places, i);
    const float* channel = in + place.at[0] * in_strides.of[0] + place.at[1] * in_strides.of[1];
    std::int64_t from = 0, offsets[kAxes][2];
    float weight[kAxes];
    for (std::int64_t axis = 0; axis < kAxes; axis++) {
      const std::int64_t at = from + place.at[2 + axis];
      weight[axis] = weights[at];
      for (std::int64_t end = 0; end < 2; end++) {
        offsets[axis][end] = Clamped(between[2 * at + end], 0, input[axis] - 1) * in_strides.of[2 + axis];
      }
      from += places.lengths[2 + axis];
    }
    const float front = Plane(channel + offsets[0][0], offsets, weight);
    out[place.In(places, out_strides)] =
        weight[0] == 0.0F
            ? front
            : front * (1.0F - weight[0]) + Plane(channel + offsets[0][1], offsets, weight) * weight[0];
  }

 private:
  KDT_HOST_DEVICE static float Plane(const float* plane, const std::int64_t (&offsets)[kAxes][2],
                                     const float (&weight)[kAxes]) {
    const float top = Line(plane + offsets[1][0], offsets, weight[2]);
    if (weight[1] == 0.0F) return top;
    return top * (1.0F - weight[1]) + Line(plane + offsets[1][1], offsets, weight[2]) * weight[1];
  }
  KDT_HOST_DEVICE static float Line(const float* line, const std::int64_t (&offsets)[kAxes][2],
                                    float weight) {
    const float left = line[offsets[2][0]];
    return weight == 0.0F ? left : left * (1.0F - weight) + line[offsets[2][1]] * weight;
  }
};

}  // namespace kdtalker::kernels::plan
