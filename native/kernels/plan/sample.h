// GridSample on two or three axes, one index for each position: all channels of it. Positions are x, y(, z)
// from -1 to 1. Outside are zeros, or the nearest element of the border.
#pragma once

#include <cmath>

#include "kernels/plan/window.h"

namespace kdtalker::kernels::plan {

struct Sample {
  float* out;
  const float* in;
  const float* positions;
  Places places;                                      // [batch, depth, height, width] of the result
  Strides out_strides, in_strides, position_strides;  // of `in`: batch, depth, height, width
  std::int64_t channels, out_channel, in_channel;     // their number, and from one to the next
  std::int64_t coordinate;                            // from x to y
  std::int64_t axes;
  std::int64_t input[kAxes];
  std::int64_t corners;   // 1: -1 and 1 are the middles of the outermost elements, not their outer edges
  std::int64_t nearest;   // 1: the nearest element, not between eight
  std::int64_t bordered;  // 1: the border goes on outside

  KDT_HOST_DEVICE std::int64_t count() const { return places.count(); }

  KDT_HOST_DEVICE void operator()(std::int64_t i) const {
    const Place place(places, i);
    const float* position = positions + place.In(places, position_strides);
    Taps taps;
    for (std::int64_t axis = 0; axis < kAxes; axis++) {
      const std::int64_t which = kAxes - 1 - axis;
      Lay(taps, axis, which < axes ? position[which * coordinate] : 0.0F, which < axes);
    }
    const float* from = in + place.at[0] * in_strides.of[0];
    float* to = out + place.In(places, out_strides);
    for (std::int64_t c = 0; c < channels; c++) to[c * out_channel] = Value(from + c * in_channel, taps);
  }

 private:
  // The two elements along each axis and their weights; an element outside has weight 0.
  struct Taps {
    std::int64_t offset[kAxes][2];
    float weight[kAxes][2];
  };

  KDT_HOST_DEVICE float InElements(float x, std::int64_t length) const {
    const auto size = static_cast<float>(length);
    if (corners != 0) return (x + 1.0F) / 2.0F * (size - 1.0F);
    return ((x + 1.0F) * size - 1.0F) / 2.0F;
  }

  KDT_HOST_DEVICE void Lay(Taps& taps, std::int64_t axis, float x, bool sampled) const {
    float at = sampled ? InElements(x, input[axis]) : 0.0F;
    const auto last = static_cast<float>(input[axis] - 1);
    // A position that is not a number, or too far away for an index, is outside.
    if (!(at > -2.0F)) at = -2.0F;
    if (at > last + 2.0F) at = last + 2.0F;
    if (bordered != 0) at = at < 0.0F ? 0.0F : at > last ? last : at;
    const float low = nearest != 0 ? std::nearbyint(at) : std::floor(at);
    const float high_weight = at - low;
    for (std::int64_t end = 0; end < 2; end++) {
      const std::int64_t place = static_cast<std::int64_t>(low) + end;
      const bool inside = place >= 0 && place < input[axis];
      const float weight = end == 1 ? high_weight : 1.0F - high_weight;
      const float exact = nearest != 0 ? (end == 1 ? 0.0F : 1.0F) : weight;
      taps.weight[axis][end] = inside ? exact : 0.0F;
      taps.offset[axis][end] = inside ? place * in_strides.of[1 + axis] : 0;
    }
  }

  KDT_HOST_DEVICE static float Value(const float* channel, const Taps& taps) {
    float sum = 0.0F;
    for (std::int64_t corner = 0; corner < 8; corner++) {
      const std::int64_t z = corner / 4, y = corner / 2 % 2, x = corner % 2;
      const float weight = taps.weight[0][z] * taps.weight[1][y] * taps.weight[2][x];
      if (weight != 0.0F) sum += weight * channel[taps.offset[0][z] + taps.offset[1][y] + taps.offset[2][x]];
    }
    return sum;
  }
};

}  // namespace kdtalker::kernels::plan
