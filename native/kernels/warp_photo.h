// Moves the pixels of a photo themselves, by the field that a renderer gives beside its picture: the crop's
// way resamples twice and makes them softer. A pixel lies at a place of the crop; the field there says how
// far away its source is, in units of the crop (-1 to 1), how much of the source is kept, and what colour is
// added. The field is sampled bilinearly, the photo by a cubic with the slope -1, which keeps fine detail;
// results are rounded to levels and mixed with the photo by the mask.
//
// Where the field is at rest a pixel keeps its bytes: the cubic's weights are 0, 1, 0, 0 there.
//
// Traps: a row is computed in blocks whose results go through arrays, as compilers vectorise only what they
// store. A piece is a block of one pixel, so both write the same bytes.
#pragma once

#include "kernels/convert.h"
#include "kernels/four.h"
#include "kernels/spot.h"

namespace kdtalker::kernels {

// Channels of the field: movement x, y; share kept; red, green, blue added, 0..1; two more that are unused,
// so that a cell is two vectors of four.
inline constexpr int kFieldChannels = 8, kFieldGiven = 6;

// The field as the renderer gives it, [6, height, width], cell by cell.
struct FieldCells {
  const float* field;  // [6, height, width]
  float* out;          // [height, width, 8]
  std::int64_t width;
  std::int64_t height;

  KDT_HOST_DEVICE std::int64_t count() const { return height; }

  KDT_HOST_DEVICE void operator()(std::int64_t row) const {
    for (std::int64_t i = row * width; i < (row + 1) * width; i++) Piece(i);
  }

  // A piece is a cell.
  KDT_HOST_DEVICE std::int64_t pieces() const { return width * height; }
  KDT_HOST_DEVICE void Piece(std::int64_t i) const {
    for (int c = 0; c < kFieldChannels; c++)
      out[kFieldChannels * i + c] = c < kFieldGiven ? field[c * width * height + i] : 0.0F;
  }
};

// A part of a photo with four bytes a pixel.
struct PhotoTexels {
  const std::uint8_t* photo;  // [height, width, 3]
  std::uint8_t* out;          // [region, 4]
  Region region;
  std::int64_t width;

  KDT_HOST_DEVICE std::int64_t count() const { return region.bottom - region.top; }

  KDT_HOST_DEVICE void operator()(std::int64_t row) const {
    const std::int64_t columns = region.right - region.left;
    for (std::int64_t i = row * columns; i < (row + 1) * columns; i++) Piece(i);
  }

  // A piece is a pixel.
  KDT_HOST_DEVICE std::int64_t pieces() const { return count() * (region.right - region.left); }
  KDT_HOST_DEVICE void Piece(std::int64_t i) const {
    const std::int64_t columns = region.right - region.left;
    const std::int64_t x = region.left + i % columns, y = region.top + i / columns;
    for (int c = 0; c < 4; c++) out[4 * i + c] = c < 3 ? photo[3 * (y * width + x) + c] : 0;
  }
};

// Writes the region's pixels where the mask is not 0; the others must already contain the photo's.
struct WarpPhoto {
  const std::uint8_t* texels;  // [region, 4], the photo's
  const std::uint8_t* mask;    // [region]
  const float* cells;          // [field_height, field_width, 8]
  std::uint8_t* out;           // [height, width, 3]
  Region region;
  ToCrop to_cell;     // photo pixels to the field's cells, both as indices
  float to_photo[4];  // movement in the crop's units to the photo's pixels, row-major 2x2
  std::int64_t field_width;
  std::int64_t field_height;
  std::int64_t width;

  KDT_HOST_DEVICE std::int64_t count() const { return region.bottom - region.top; }

  KDT_HOST_DEVICE void operator()(std::int64_t row) const {
    for (std::int64_t i = 0; i < columns(); i += kColumnBlock) {
      const std::int64_t left = columns() - i;
      Block<kColumnBlock>(row, i, static_cast<int>(left < kColumnBlock ? left : kColumnBlock));
    }
  }

  // A piece is a pixel.
  KDT_HOST_DEVICE std::int64_t pieces() const { return count() * columns(); }
  KDT_HOST_DEVICE void Piece(std::int64_t i) const { Block<1>(i / columns(), i % columns(), 1); }

 private:
  template <int kMost>
  struct Patch {
    int count;
    float cell[kMost][kFieldChannels];
    std::int32_t left[kMost], top[kMost];     // the pixel before the source, in the region
    float across[4][kMost], along[4][kMost];  // weights of the pixels around it
    float seen[kMost][4];
  };

  KDT_HOST_DEVICE std::int64_t columns() const { return region.right - region.left; }

  template <int kMost>
  KDT_HOST_DEVICE void Block(std::int64_t row, std::int64_t column, int count) const {
    const std::uint8_t* levels = mask + row * columns() + column;
    int most = 0;
    for (int k = 0; k < count; k++) most = levels[k] > most ? levels[k] : most;
    if (most == 0) return;
    Patch<kMost> patch;
    patch.count = count;
    FieldAt(region.left + column, region.top + row, patch);
    if (AtRest(patch)) return Copy(row, column, count);
    Place(row, column, patch);
    for (int k = 0; k < count; k++) Sample(patch, k);
    Mix(row, column, patch);
  }

  // A comparison with NaN is false: it gives `low`.
  KDT_HOST_DEVICE static float Clamped(float value, float low, float high) {
    return value > low ? (value < high ? value : high) : low;
  }

  template <int kMost>
  KDT_HOST_DEVICE static bool AtRest(const Patch<kMost>& patch) {
    bool rest = true;
    for (int k = 0; k < patch.count; k++) {
      const float* cell = patch.cell[k];
      rest = rest && cell[0] == 0.0F && cell[1] == 0.0F && cell[2] == 1.0F &&
             cell[3] + cell[4] + cell[5] == 0.0F;
    }
    return rest;
  }

  KDT_HOST_DEVICE void Copy(std::int64_t row, std::int64_t column, int count) const {
    const std::uint8_t* from = texels + 4 * (row * columns() + column);
    std::uint8_t* to = out + 3 * ((region.top + row) * width + region.left + column);
    for (int k = 0; k < count; k++) {
      for (int c = 0; c < 3; c++) to[3 * k + c] = from[4 * k + c];
    }
  }

  // The mix of the four cells around each pixel, from x of row y of the photo on.
  template <int kMost>
  KDT_HOST_DEVICE void FieldAt(std::int64_t x, std::int64_t y, Patch<kMost>& patch) const {
    float at_x[kMost], at_y[kMost];
    const double* m = to_cell.m;
    const auto row = static_cast<double>(y);
    const double from_x = m[1] * row + m[2], from_y = m[4] * row + m[5];
    const float right = static_cast<float>(field_width) - 1.001F,
                bottom = static_cast<float>(field_height) - 1.001F;
    const auto first = static_cast<std::int32_t>(x);
    for (int k = 0; k < patch.count; k++) {
      const auto column = static_cast<double>(first + k);
      at_x[k] = Clamped(static_cast<float>(m[0] * column + from_x), 0.0F, right);
      at_y[k] = Clamped(static_cast<float>(m[3] * column + from_y), 0.0F, bottom);
    }
    for (int k = 0; k < patch.count; k++) CellAt(at_x[k], at_y[k], patch.cell[k]);
  }

  KDT_HOST_DEVICE void CellAt(float x, float y, float (&cell)[kFieldChannels]) const {
    const auto left = static_cast<std::int32_t>(x), top = static_cast<std::int32_t>(y);
    const float right = x - static_cast<float>(left), below = y - static_cast<float>(top);
    const float* a = cells + kFieldChannels * (top * field_width + left);
    const float* b = a + kFieldChannels * field_width;
    for (int c = 0; c < kFieldChannels; c += 4) {
      const Four first = Four::Load(a + c), third = Four::Load(b + c);
      const Four upper = first + Four::Of(right) * (Four::Load(a + kFieldChannels + c) - first);
      const Four lower = third + Four::Of(right) * (Four::Load(b + kFieldChannels + c) - third);
      (upper + Four::Of(below) * (lower - upper)).Store(cell + c);
    }
  }

  // Where each pixel's source lies; beyond the region its border counts.
  template <int kMost>
  KDT_HOST_DEVICE void Place(std::int64_t row, std::int64_t column, Patch<kMost>& patch) const {
    const auto right = static_cast<float>(columns() - 1), bottom = static_cast<float>(count() - 1);
    const auto first = static_cast<std::int32_t>(column);
    const auto y = static_cast<float>(row);
    float move_x[kMost], move_y[kMost], after_x[kMost], after_y[kMost];
    for (int k = 0; k < patch.count; k++) {
      move_x[k] = patch.cell[k][0];
      move_y[k] = patch.cell[k][1];
    }
    for (int k = 0; k < patch.count; k++) {
      const auto x = static_cast<float>(first + k);
      const float at_x = Clamped(x + (to_photo[0] * move_x[k] + to_photo[1] * move_y[k]), 0.0F, right);
      const float at_y = Clamped(y + (to_photo[2] * move_x[k] + to_photo[3] * move_y[k]), 0.0F, bottom);
      patch.left[k] = static_cast<std::int32_t>(at_x);
      patch.top[k] = static_cast<std::int32_t>(at_y);
      after_x[k] = at_x - static_cast<float>(patch.left[k]);
      after_y[k] = at_y - static_cast<float>(patch.top[k]);
    }
    Cubic(after_x, patch.count, patch.across);
    Cubic(after_y, patch.count, patch.along);
  }

  // Weights of the four pixels around places `after` the second.
  template <int kMost>
  KDT_HOST_DEVICE static void Cubic(const float (&after)[kMost], int count, float (&weight)[4][kMost]) {
    for (int k = 0; k < count; k++) {
      const float t = after[k];
      weight[0][k] = ((2.0F - t) * t - 1.0F) * t;
      weight[1][k] = (t - 2.0F) * t * t + 1.0F;
      weight[2][k] = ((1.0F - t) * t + 1.0F) * t;
      weight[3][k] = (t - 1.0F) * t * t;
    }
  }

  template <int kMost>
  KDT_HOST_DEVICE void Sample(Patch<kMost>& patch, int k) const {
    const std::int64_t left = patch.left[k], top = patch.top[k];
    if (left >= 1 && top >= 1 && left + 2 < columns() && top + 2 < count())
      return MixTexels(texels + 4 * ((top - 1) * columns() + left - 1), 4 * columns(), patch, k);
    std::uint8_t near[64];
    for (int i = 0; i < 16; i++) {
      const std::int64_t x = Within(left - 1 + i % 4, columns()), y = Within(top - 1 + i / 4, count());
      for (int c = 0; c < 4; c++) near[4 * i + c] = texels[4 * (y * columns() + x) + c];
    }
    MixTexels(near, 16, patch, k);
  }

  KDT_HOST_DEVICE static std::int64_t Within(std::int64_t at, std::int64_t size) {
    return at < 0 ? 0 : at < size ? at : size - 1;
  }

  template <int kMost>
  KDT_HOST_DEVICE static void MixTexels(const std::uint8_t* from, std::int64_t stride, Patch<kMost>& patch,
                                        int k) {
    const auto& across = patch.across;
    const Four a = Four::Of(across[0][k]), b = Four::Of(across[1][k]), c = Four::Of(across[2][k]),
               d = Four::Of(across[3][k]);
    Four sum = Four::Of(0.0F);
    for (int r = 0; r < 4; r++, from += stride) {
      const Four row = a * Four::Load(from) + b * Four::Load(from + 4) + c * Four::Load(from + 8) +
                       d * Four::Load(from + 12);
      sum = sum + Four::Of(patch.along[r][k]) * row;
    }
    sum.Store(patch.seen[k]);
  }

  template <int kMost>
  KDT_HOST_DEVICE void Mix(std::int64_t row, std::int64_t column, const Patch<kMost>& patch) const {
    const std::uint8_t* own = texels + 4 * (row * columns() + column);
    const std::uint8_t* levels = mask + row * columns() + column;
    std::uint8_t* to = out + 3 * ((region.top + row) * width + region.left + column);
    for (int k = 0; k < patch.count; k++) {
      if (levels[k] == 0) continue;
      const float share = static_cast<float>(levels[k]) / 255.0F, keep = patch.cell[k][2];
      for (int c = 0; c < 3; c++) {
        const float level = Clamped(patch.seen[k][c] * keep + 255.0F * patch.cell[k][3 + c], 0.0F, 255.0F);
        const float mixed = share * level + (1.0F - share) * static_cast<float>(own[4 * k + c]);
        to[3 * k + c] = static_cast<std::uint8_t>(static_cast<std::int32_t>(mixed + 0.5F));
      }
    }
  }
};

}  // namespace kdtalker::kernels
