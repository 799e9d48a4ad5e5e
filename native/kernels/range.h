// The least and the largest of a picture's values, and whether one of them is not a number: what tells that a
// frame rendered in half precision is broken. Each of these launches leaves fewer partial ranges. One index
// is a partial range.
#pragma once

#include <cmath>
#include <cstddef>

#include "kernels/kernel.h"

namespace kdtalker::kernels {

struct Range {
  float least = INFINITY, most = -INFINITY;  // of the finite values
  std::int32_t broken = 0;                   // 1: a value is NaN or infinite

  KDT_HOST_DEVICE void Add(float value) {
    if (!(value - value == 0.0F)) {
      broken = 1;
      return;
    }
    if (value < least) least = value;
    if (value > most) most = value;
  }

  KDT_HOST_DEVICE void Add(const Range& other) {
    if (other.least < least) least = other.least;
    if (other.most > most) most = other.most;
    broken |= other.broken;
  }
};

// Where the range of a picture lies behind its bytes, so that one copy takes both.
constexpr std::size_t RangeBehind(std::size_t bytes) {
  return (bytes + alignof(Range) - 1) / alignof(Range) * alignof(Range);
}
// Of a picture with its range.
constexpr std::size_t BytesWithRange(std::size_t bytes) {
  return RangeBehind(bytes) + sizeof(Range);
}

// Neighbouring indices read neighbouring items.
template <class Item>
struct Ranges {
  const Item* items;  // [size]
  Range* out;         // [parts]
  std::int64_t size;
  std::int64_t parts;

  KDT_HOST_DEVICE std::int64_t count() const { return parts; }
  KDT_HOST_DEVICE void operator()(std::int64_t i) const {
    Range range;
    for (std::int64_t k = i; k < size; k += parts) range.Add(items[k]);
    out[i] = range;
  }
};

struct RangesOfValues : Ranges<float> {};
struct RangesOfRanges : Ranges<Range> {};

}  // namespace kdtalker::kernels
