// The index space of a kernel of a plan and the strides of the tensors that it reads and writes there. A view
// of a tensor is a pointer to its first element and a stride for every axis, in elements: a transposed, cut,
// repeated or reversed tensor is such a view.
#pragma once

#include "kernels/kernel.h"

namespace kdtalker::kernels::plan {

inline constexpr std::int64_t kRank = 6;

struct Strides {
  std::int64_t of[kRank];
};

// The lengths of the axes, the last one fastest.
struct Places {
  std::int64_t rank;
  std::int64_t lengths[kRank];

  KDT_HOST_DEVICE std::int64_t count() const {
    std::int64_t product = 1;
    for (std::int64_t axis = 0; axis < rank; axis++) product *= lengths[axis];
    return product;
  }
};

// The coordinates of index i.
struct Place {
  std::int64_t at[kRank];

  KDT_HOST_DEVICE Place(const Places& places, std::int64_t i) : at{} {
    for (std::int64_t axis = places.rank - 1; axis > 0; axis--) {
      at[axis] = i % places.lengths[axis];
      i /= places.lengths[axis];
    }
    at[0] = i;
  }

  KDT_HOST_DEVICE std::int64_t In(const Places& places, const Strides& strides) const {
    std::int64_t offset = 0;
    for (std::int64_t axis = 0; axis < places.rank; axis++) offset += at[axis] * strides.of[axis];
    return offset;
  }
};

KDT_HOST_DEVICE std::int64_t Clamped(std::int64_t value, std::int64_t low, std::int64_t high) {
  return value < low ? low : value > high ? high : value;
}

}  // namespace kdtalker::kernels::plan
