// Copies a view of halves to another of the same lengths.
#pragma once

#include "kernels/half.h"
#include "kernels/plan/places.h"

namespace kdtalker::kernels::plan {

struct CopyHalves {
  Half* out;
  const Half* in;
  Places places;
  Strides out_strides, in_strides;

  KDT_HOST_DEVICE std::int64_t count() const { return places.count(); }

  KDT_HOST_DEVICE void operator()(std::int64_t i) const {
    const Place place(places, i);
    out[place.In(places, out_strides)] = in[place.In(places, in_strides)];
  }
};

}  // namespace kdtalker::kernels::plan
