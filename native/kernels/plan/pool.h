// The mean or the largest of every window on up to three axes. The mean counts the elements inside, or all of
// the window.
#pragma once

#include "kernels/plan/map.h"
#include "kernels/plan/window.h"

namespace kdtalker::kernels::plan {

// The numbers are those of lib/packs/lowering/plan/ops/pool.ts.
enum class PoolCode : std::int64_t { kMeanInside, kMeanOfAll, kLargest, kCount };

struct Pool {
  float* out;
  const float* in;
  Places places;  // [batch, channels, depth, height, width] of the result
  Strides out_strides, in_strides;
  Window window;
  PoolCode code;

  KDT_HOST_DEVICE std::int64_t count() const { return places.count(); }

  KDT_HOST_DEVICE void operator()(std::int64_t i) const {
    const Place place(places, i);
    const float* channel = in + place.at[0] * in_strides.of[0] + place.at[1] * in_strides.of[1];
    const std::int64_t taps = window.kernel[0] * window.kernel[1] * window.kernel[2];
    std::int64_t inside = 0;
    float value = 0.0F;
    for (std::int64_t tap = 0; tap < taps; tap++) {
      const std::int64_t at = OffsetOf(place, tap);
      if (at < 0) continue;
      value = With(value, channel[at], inside == 0);
      inside++;
    }
    const std::int64_t parts = code == PoolCode::kMeanOfAll ? taps : inside;
    out[place.In(places, out_strides)] =
        code == PoolCode::kLargest || parts == 0 ? value : value / static_cast<float>(parts);
  }

 private:
  KDT_HOST_DEVICE float With(float value, float x, bool first) const {
    if (code != PoolCode::kLargest) return value + x;
    return first ? x : Larger(value, x);
  }

  // Where in the channel a tap of the window lies; -1 outside.
  KDT_HOST_DEVICE std::int64_t OffsetOf(const Place& place, std::int64_t tap) const {
    const std::int64_t x = tap % window.kernel[2], y = tap / window.kernel[2] % window.kernel[1];
    const std::int64_t taps[kAxes] = {tap / window.kernel[2] / window.kernel[1], y, x};
    std::int64_t offset = 0;
    for (std::int64_t axis = 0; axis < kAxes; axis++) {
      const std::int64_t at = window.At(axis, place.at[2 + axis], taps[axis]);
      if (!window.Inside(axis, at)) return -1;
      offset += at * in_strides.of[2 + axis];
    }
    return offset;
  }
};

}  // namespace kdtalker::kernels::plan
