// Where a photo's pixels lie in its crop, and the mix of the four pixels around such a place.
//
// Trap: positions are double, as a photo may be 20000 pixels wide; weights are float and exact.
#pragma once

#include "kernels/kernel.h"

namespace kdtalker::kernels {

// Whole pixels of a photo; right and bottom are exclusive.
struct Region {
  std::int64_t left, top, right, bottom;
};

// Photo pixels to crop pixels, both as indices: the row-major 2x3 matrix.
struct ToCrop {
  double m[6];
};

// A position between pixels: the one before it and the weights of the ones after it.
struct Spot {
  std::int64_t x, y;
  float right, below;
};

KDT_HOST_DEVICE std::int64_t FloorOf(double value) {
  const auto whole = static_cast<std::int64_t>(value);
  return static_cast<double>(whole) > value ? whole - 1 : whole;
}

KDT_HOST_DEVICE Spot SpotOf(const ToCrop& to_crop, std::int64_t x, std::int64_t y) {
  const double* m = to_crop.m;
  const auto column = static_cast<double>(x), row = static_cast<double>(y);
  const double at_x = m[0] * column + (m[1] * row + m[2]), at_y = m[3] * column + (m[4] * row + m[5]);
  const std::int64_t left = FloorOf(at_x), top = FloorOf(at_y);
  return {left, top, static_cast<float>(at_x - static_cast<double>(left)),
          static_cast<float>(at_y - static_cast<double>(top))};
}

// The mix of four neighbours, rounded to the nearest level.
KDT_HOST_DEVICE std::uint8_t MixOf(const Spot& spot, std::int32_t a, std::int32_t b, std::int32_t c,
                                   std::int32_t d) {
  const float top = static_cast<float>(a) * (1.0F - spot.right) + static_cast<float>(b) * spot.right;
  const float bottom = static_cast<float>(c) * (1.0F - spot.right) + static_cast<float>(d) * spot.right;
  return static_cast<std::uint8_t>(top * (1.0F - spot.below) + bottom * spot.below + 0.5F);
}

}  // namespace kdtalker::kernels
