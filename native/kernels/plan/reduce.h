// Sum, mean, largest, smallest or length over some axes of a view, one index for each result. Sums run in the
// order of the elements, in float32.
#pragma once

#include <cmath>

#include "kernels/plan/map.h"
#include "kernels/plan/places.h"

namespace kdtalker::kernels::plan {

// The numbers are those of lib/packs/lowering/plan/ops/reduce.ts.
enum class ReduceCode : std::int64_t { kSum, kMean, kLargest, kSmallest, kLength, kCount };

struct Reduce {
  float* out;
  const float* in;
  Places kept, reduced;
  Strides out_strides, in_strides;  // over the kept axes
  Strides along;                    // of `in` over the reduced axes
  ReduceCode code;

  KDT_HOST_DEVICE std::int64_t count() const { return kept.count(); }

  KDT_HOST_DEVICE void operator()(std::int64_t i) const {
    const Place place(kept, i);
    const float* from = in + place.In(kept, in_strides);
    const std::int64_t length = reduced.count();
    float value = Begun(from[0]);
    for (std::int64_t k = 1; k < length; k++) value = With(value, from[Place(reduced, k).In(reduced, along)]);
    out[place.In(kept, out_strides)] = Ended(value, length);
  }

 private:
  KDT_HOST_DEVICE float Begun(float x) const { return code == ReduceCode::kLength ? x * x : x; }
  KDT_HOST_DEVICE float With(float value, float x) const {
    if (code == ReduceCode::kLargest) return Larger(value, x);
    if (code == ReduceCode::kSmallest) return Smaller(value, x);
    return value + Begun(x);
  }
  KDT_HOST_DEVICE float Ended(float value, std::int64_t length) const {
    if (code == ReduceCode::kMean) return value / static_cast<float>(length);
    return code == ReduceCode::kLength ? std::sqrt(value) : value;
  }
};

}  // namespace kdtalker::kernels::plan
