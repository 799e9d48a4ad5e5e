// Layer and instance normalisation: rows of a view get mean 0 and variance 1 (biased, plus epsilon), then a
// scale and a shift, which are views of their own: one number for each element of a row, or one for each row.
#pragma once

#include <cmath>

#include "kernels/plan/places.h"

namespace kdtalker::kernels::plan {

struct NormaliseRows {
  float* out;
  const float* in;
  const float* scale;
  const float* shift;
  Places rows, row;
  Strides out_strides, in_strides, scale_strides, shift_strides;  // from row to row
  Strides out_along, in_along, scale_along, shift_along;          // within a row
  double epsilon;

  KDT_HOST_DEVICE std::int64_t count() const { return rows.count(); }

  // The sums are float64: a row may have a hundred thousand elements.
  KDT_HOST_DEVICE void operator()(std::int64_t i) const {
    const Place place(rows, i);
    const float* from = in + place.In(rows, in_strides);
    const float* scales = scale + place.In(rows, scale_strides);
    const float* shifts = shift + place.In(rows, shift_strides);
    float* to = out + place.In(rows, out_strides);
    const std::int64_t length = row.count();
    double sum = 0.0, squares = 0.0;
    for (std::int64_t k = 0; k < length; k++) sum += from[Place(row, k).In(row, in_along)];
    const double mean = sum / static_cast<double>(length);
    for (std::int64_t k = 0; k < length; k++) {
      const double from_mean = from[Place(row, k).In(row, in_along)] - mean;
      squares += from_mean * from_mean;
    }
    const double factor = 1.0 / std::sqrt(squares / static_cast<double>(length) + epsilon);
    for (std::int64_t k = 0; k < length; k++) {
      const Place at(row, k);
      const auto normal = static_cast<float>((from[at.In(row, in_along)] - mean) * factor);
      to[at.In(row, out_along)] = normal * scales[at.In(row, scale_along)] + shifts[at.In(row, shift_along)];
    }
  }
};

}  // namespace kdtalker::kernels::plan
