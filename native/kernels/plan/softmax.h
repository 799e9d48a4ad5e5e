// Softmax along one axis of a view, one index for each row. The row's exponentials wait in `out`, so `out`
// must not be `in` with other strides.
#pragma once

#include <cmath>

#include "kernels/plan/places.h"

namespace kdtalker::kernels::plan {

struct Softmax {
  float* out;
  const float* in;
  Places rows;
  Strides out_strides, in_strides;
  std::int64_t length;
  std::int64_t out_along, in_along;  // strides of the row itself

  KDT_HOST_DEVICE std::int64_t count() const { return rows.count(); }

  KDT_HOST_DEVICE void operator()(std::int64_t i) const {
    const Place place(rows, i);
    const float* from = in + place.In(rows, in_strides);
    float* to = out + place.In(rows, out_strides);
    float largest = from[0];
    for (std::int64_t k = 1; k < length; k++) {
      if (from[k * in_along] > largest) largest = from[k * in_along];
    }
    float sum = 0.0F;
    for (std::int64_t k = 0; k < length; k++) {
      const float power = std::exp(from[k * in_along] - largest);
      to[k * out_along] = power;
      sum += power;
    }
    for (std::int64_t k = 0; k < length; k++) to[k * out_along] /= sum;
  }
};

}  // namespace kdtalker::kernels::plan
