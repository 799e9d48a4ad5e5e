// Pastes a rendered crop back into its photo (docs/model.md 12): samples the feathered mask and the crop
// bilinearly at the photo's pixels, as 8 bits and black outside, then mixes in float32 and truncates.
//
// Trap: weights are exact, so results differ from a fixed-point resampler's by one level in some pixels. One
// index is a row of the region: pixel by pixel at the crop's edge, else in blocks (paste_block.h).
#pragma once

#include "kernels/paste_block.h"
#include "kernels/spot.h"

namespace kdtalker::kernels {

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
    const std::int64_t columns = region.right - region.left;
    for (std::int64_t i = 0; i < columns; i += kColumnBlock)
      Block(row, i, columns - i < kColumnBlock ? columns : i + kColumnBlock);
  }

  // A piece is a pixel.
  KDT_HOST_DEVICE std::int64_t pieces() const { return count() * (region.right - region.left); }
  KDT_HOST_DEVICE void Piece(std::int64_t i) const {
    Pixel(i / (region.right - region.left), i % (region.right - region.left));
  }

 private:
  // The columns first <= i < last of a row.
  KDT_HOST_DEVICE void Block(std::int64_t row, std::int64_t first, std::int64_t last) const {
    const std::uint8_t* levels = mask + row * (region.right - region.left);
    while (first < last && levels[first] == 0) first++;
    while (first < last && levels[last - 1] == 0) last--;
    if (first == last) return;
    if (HasNeighbours(row, first) && HasNeighbours(row, last - 1)) return Samples(row, first, last);
    for (std::int64_t i = first; i < last; i++) Pixel(row, i);
  }

  // Between two pixels that have all neighbours each has them, since positions lie on a line.
  KDT_HOST_DEVICE bool HasNeighbours(std::int64_t row, std::int64_t column) const {
    return Inside(SpotOf(to_crop, region.left + column, region.top + row));
  }

  KDT_HOST_DEVICE bool Inside(const Spot& spot) const {
    return spot.x >= 0 && spot.y >= 0 && spot.x + 1 < crop_width && spot.y + 1 < crop_height;
  }

  KDT_HOST_DEVICE void Samples(std::int64_t row, std::int64_t first, std::int64_t last) const {
    const std::uint8_t* levels = mask + row * (region.right - region.left) + first;
    const std::int64_t x = region.left + first, y = region.top + row, at = 3 * (y * width + x);
    const int count = static_cast<int>(last - first);
    CropSamples samples;
    samples.Take(crop, crop_width, to_crop, x, y, count);
    int least = 255;
    for (int k = 0; k < count; k++) least = levels[k] < least ? levels[k] : least;
    if (least < 255) samples.Blend(levels, photo + at, count);
    samples.Write(out + at, count);
  }

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
    const bool inside = Inside(spot);
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
