// Where the place of an index is in several views at once. Place (kernels/plan/places.h) keeps coordinates in
// an array whose length is known at run time alone, which on a GPU is memory; here all axes are written out.
#pragma once

#include "cuda/kernels/launch.h"
#include "kernels/plan/places.h"

namespace kdtalker::cuda {

template <int kViews>
struct Offsets {
  std::int64_t in[kViews];

  template <class... Views>
  KDT_DEVICE Offsets(const kernels::plan::Places& places, std::int64_t i, const Views&... views) : in{} {
    KDT_UNROLL
    for (int axis = kernels::plan::kRank - 1; axis >= 0; axis--) {
      if (axis >= places.rank) continue;
      const std::int64_t at = axis == 0 ? i : i % places.lengths[axis];
      if (axis != 0) i /= places.lengths[axis];
      int view = 0;
      ((in[view++] += at * views.of[axis]), ...);
    }
  }
};

}  // namespace kdtalker::cuda
