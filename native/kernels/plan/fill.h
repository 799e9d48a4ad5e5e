// Writes one value to every element of a view.
#pragma once

#include "kernels/plan/places.h"

namespace kdtalker::kernels::plan {

struct Fill {
  float* out;
  Places places;
  Strides out_strides;
  double value;

  KDT_HOST_DEVICE std::int64_t count() const { return places.count(); }

  KDT_HOST_DEVICE void operator()(std::int64_t i) const {
    out[Place(places, i).In(places, out_strides)] = static_cast<float>(value);
  }
};

}  // namespace kdtalker::kernels::plan
