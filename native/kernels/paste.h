// Pastes a rendered crop back into its photo (docs/model.md 12): samples the feathered mask and the crop
// bilinearly at the photo's pixels, as 8 bits and black outside, then mixes in float32 and truncates.
//
// Traps: positions are double, as a photo may be 20000 pixels wide; weights are float and exact, so results
// differ from a fixed-point resampler's by one level in some pixels. One index is a row of the region.
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

// Where the mask of a crop rises from 0 to 255: distances from its edge, in 512ths of its side. The default
// is the published mask.
struct Feather {
  double first = 20.0, last = 80.0;
};

// The mask at the photo's pixels.
struct WarpMask {
  std::uint8_t* out;  // [region]
  Region region;
  ToCrop to_crop;
  std::int64_t crop_width;
  std::int64_t crop_height;
  Feather feather;

  KDT_HOST_DEVICE std::int64_t count() const { return region.bottom - region.top; }

  KDT_HOST_DEVICE void operator()(std::int64_t row) const {
    for (std::int64_t i = 0; i < region.right - region.left; i++) Pixel(row, i);
  }

  // A piece is a pixel.
  KDT_HOST_DEVICE std::int64_t pieces() const { return count() * (region.right - region.left); }
  KDT_HOST_DEVICE void Piece(std::int64_t i) const {
    Pixel(i / (region.right - region.left), i % (region.right - region.left));
  }

 private:
  KDT_HOST_DEVICE void Pixel(std::int64_t row, std::int64_t column) const {
    const Spot spot = SpotOf(to_crop, region.left + column, region.top + row);
    out[row * (region.right - region.left) + column] =
        MixOf(spot, LevelAt(spot.x, spot.y), LevelAt(spot.x + 1, spot.y), LevelAt(spot.x, spot.y + 1),
              LevelAt(spot.x + 1, spot.y + 1));
  }

  KDT_HOST_DEVICE static double Distance(std::int64_t at, std::int64_t size) {
    const std::int64_t nearest = at < size - 1 - at ? at : size - 1 - at;
    return static_cast<double>(nearest) * 512.0 / static_cast<double>(size);
  }

  KDT_HOST_DEVICE std::int32_t LevelAt(std::int64_t x, std::int64_t y) const {
    const double across = Distance(x, crop_width), along = Distance(y, crop_height);
    const double share = ((across < along ? across : along) - feather.first) / (feather.last - feather.first);
    return share <= 0.0 ? 0 : static_cast<std::int32_t>(255.0 * (share < 1.0 ? share : 1.0));
  }
};

// Writes the region's pixels where the mask is not 0; the others must already contain the photo's.
struct PasteCrop {
  const std::uint8_t* crop;   // [crop_height, crop_width, 3]
  const std::uint8_t* mask;   // [region]
  const std::uint8_t* photo;  // [height, width, 3]
  std::uint8_t* out;          // [height, width, 3]
  Region region;
  ToCrop to_crop;
  std::int64_t crop_width;
  std::int64_t crop_height;
  std::int64_t width;

  KDT_HOST_DEVICE std::int64_t count() const { return region.bottom - region.top; }

  KDT_HOST_DEVICE void operator()(std::int64_t row) const {
    for (std::int64_t i = 0; i < region.right - region.left; i++) Pixel(row, i);
  }

  // A piece is a pixel.
  KDT_HOST_DEVICE std::int64_t pieces() const { return count() * (region.right - region.left); }
  KDT_HOST_DEVICE void Piece(std::int64_t i) const {
    Pixel(i / (region.right - region.left), i % (region.right - region.left));
  }

 private:
  KDT_HOST_DEVICE void Pixel(std::int64_t row, std::int64_t column) const {
    const std::uint8_t level = mask[row * (region.right - region.left) + column];
    if (level == 0) return;
    const std::int64_t x = region.left + column, y = region.top + row, at = 3 * (y * width + x);
    Mix(SpotOf(to_crop, x, y), level, photo + at, out + at);
  }

  // A mask above 0 lies inside the crop, but its neighbours may not.
  KDT_HOST_DEVICE void Mix(const Spot& spot, std::uint8_t level, const std::uint8_t* from,
                           std::uint8_t* to) const {
    const float share = static_cast<float>(level) / 255.0F;
    const bool inside = spot.x >= 0 && spot.y >= 0 && spot.x + 1 < crop_width && spot.y + 1 < crop_height;
    for (int c = 0; c < 3; c++) {
      const std::uint8_t seen = inside ? MixInside(spot, c) : MixAtEdge(spot, c);
      const float mixed = share * static_cast<float>(seen) + (1.0F - share) * static_cast<float>(from[c]);
      to[c] = static_cast<std::uint8_t>(mixed);
    }
  }

  KDT_HOST_DEVICE std::uint8_t MixInside(const Spot& spot, int c) const {
    const std::uint8_t* at = crop + 3 * (spot.y * crop_width + spot.x) + c;
    return MixOf(spot, at[0], at[3], at[3 * crop_width], at[3 * crop_width + 3]);
  }

  KDT_HOST_DEVICE std::uint8_t MixAtEdge(const Spot& spot, int c) const {
    return MixOf(spot, LevelAt(spot.x, spot.y, c), LevelAt(spot.x + 1, spot.y, c),
                 LevelAt(spot.x, spot.y + 1, c), LevelAt(spot.x + 1, spot.y + 1, c));
  }

  KDT_HOST_DEVICE std::int32_t LevelAt(std::int64_t x, std::int64_t y, int c) const {
    const bool inside = x >= 0 && x < crop_width && y >= 0 && y < crop_height;
    return inside ? crop[3 * (y * crop_width + x) + c] : 0;
  }
};

}  // namespace kdtalker::kernels
