// Elements of one axis by a table of whole numbers. A number below 0 counts from the end; one that is not in
// the axis takes its nearest end, since a kernel cannot fail.
#pragma once

#include "kernels/plan/places.h"

namespace kdtalker::kernels::plan {

struct Gather {
  float* out;
  const float* in;
  const std::int64_t* indices;
  Places places;
  Strides out_strides, in_strides, index_strides;
  std::int64_t length, along;  // of the axis that is taken from

  KDT_HOST_DEVICE std::int64_t count() const { return places.count(); }

  KDT_HOST_DEVICE void operator()(std::int64_t i) const {
    const Place place(places, i);
    const std::int64_t given = indices[place.In(places, index_strides)];
    const std::int64_t index = Clamped(given < 0 ? given + length : given, 0, length - 1);
    out[place.In(places, out_strides)] = in[place.In(places, in_strides) + index * along];
  }
};

}  // namespace kdtalker::kernels::plan
