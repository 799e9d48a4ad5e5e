// Copies a view to a view: how a plan transposes, cuts, repeats and joins where strides alone do not do.
#pragma once

#include "kernels/half.h"
#include "kernels/plan/places.h"

namespace kdtalker::kernels::plan {

template <class T>
struct CopyOf {
  T* out;
  const T* in;
  Places places;
  Strides out_strides, in_strides;

  KDT_HOST_DEVICE std::int64_t count() const { return places.count(); }

  KDT_HOST_DEVICE void operator()(std::int64_t i) const {
    const Place place(places, i);
    out[place.In(places, out_strides)] = in[place.In(places, in_strides)];
  }
};

struct Copy : CopyOf<float> {};
struct CopyHalves : CopyOf<Half> {};

}  // namespace kdtalker::kernels::plan
