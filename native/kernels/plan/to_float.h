// Whole numbers as float32.
#pragma once

#include "kernels/plan/places.h"

namespace kdtalker::kernels::plan {

struct ToFloat {
  float* out;
  const std::int64_t* in;
  Places places;
  Strides out_strides, in_strides;

  KDT_HOST_DEVICE std::int64_t count() const { return places.count(); }

  KDT_HOST_DEVICE void operator()(std::int64_t i) const {
    const Place place(places, i);
    out[place.In(places, out_strides)] = static_cast<float>(in[place.In(places, in_strides)]);
  }
};

}  // namespace kdtalker::kernels::plan
