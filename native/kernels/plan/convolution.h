// Convolution on up to three axes with stride, padding, dilation and groups, one index for each element of
// the result. Its sums run over the channels first, then over the kernel, in float32.
#pragma once

#include "kernels/plan/window.h"

namespace kdtalker::kernels::plan {

struct Convolution {
  float* out;
  const float* in;
  const float* weights;  // [outputs, inputs of a group, kernel...]
  const float* bias;     // [outputs]; may be null
  Places places;         // [batch, outputs, depth, height, width] of the result
  Strides out_strides, in_strides;
  Window window;
  std::int64_t group_inputs, group_outputs;

  KDT_HOST_DEVICE std::int64_t count() const { return places.count(); }

  KDT_HOST_DEVICE void operator()(std::int64_t i) const {
    const Place place(places, i);
    const std::int64_t output = place.at[1], first = output / group_outputs * group_inputs;
    const std::int64_t taps = window.kernel[0] * window.kernel[1] * window.kernel[2];
    float sum = bias == nullptr ? 0.0F : bias[output];
    for (std::int64_t c = 0; c < group_inputs; c++) {
      const float* channel = in + place.at[0] * in_strides.of[0] + (first + c) * in_strides.of[1];
      sum = Added(sum, channel, weights + (output * group_inputs + c) * taps, place);
    }
    out[place.In(places, out_strides)] = sum;
  }

 private:
  KDT_HOST_DEVICE float Added(float sum, const float* channel, const float* kernel,
                              const Place& place) const {
    for (std::int64_t z = 0; z < window.kernel[0]; z++) {
      const std::int64_t depth = window.At(0, place.at[2], z);
      for (std::int64_t y = 0; y < window.kernel[1]; y++) {
        const std::int64_t height = window.At(1, place.at[3], y);
        if (!window.Inside(0, depth) || !window.Inside(1, height)) continue;
        const float* row = channel + depth * in_strides.of[2] + height * in_strides.of[3];
        const float* weight = kernel + (z * window.kernel[1] + y) * window.kernel[2];
        for (std::int64_t x = 0; x < window.kernel[2]; x++) {
          const std::int64_t width = window.At(2, place.at[4], x);
          if (window.Inside(2, width)) sum += weight[x] * row[width * in_strides.of[4]];
        }
      }
    }
    return sum;
  }
};

}  // namespace kdtalker::kernels::plan
