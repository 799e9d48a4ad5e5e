// Matrix products of views, one index for each element of the result: the sum over `length` of left times
// right. `left` does not move along the columns and `right` not along the rows; any further axes are batches.
#pragma once

#include "kernels/plan/places.h"

namespace kdtalker::kernels::plan {

struct Product {
  float* out;
  const float* left;
  const float* right;
  Places places;  // [..., rows, columns] of the result
  Strides out_strides, left_strides, right_strides;
  std::int64_t length;
  std::int64_t left_along, right_along;  // strides of the axis that is summed over

  KDT_HOST_DEVICE std::int64_t count() const { return places.count(); }

  KDT_HOST_DEVICE void operator()(std::int64_t i) const {
    const Place place(places, i);
    const float* a = left + place.In(places, left_strides);
    const float* b = right + place.In(places, right_strides);
    float sum = 0.0F;
    for (std::int64_t k = 0; k < length; k++) sum += a[k * left_along] * b[k * right_along];
    out[place.In(places, out_strides)] = sum;
  }
};

}  // namespace kdtalker::kernels::plan
