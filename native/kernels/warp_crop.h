// Moves the picture of a crop by the field that a renderer gives (docs/packs.md), as the renderer itself
// does. The field is sampled bilinearly between the middles of its cells, and beyond those its border counts;
// it says how far away the source of a pixel is, in units of the crop (-1 to 1), how much of the source is
// kept, and what colour is added. The picture is sampled bilinearly too, and beyond its border that counts.
//
// Where the field is at rest a value stays as it is, to the last bit.
//
// Traps: a row is computed in blocks, four pixels at a time; numbers behind the last pixel of a block are
// computed, too, and read nothing beyond the buffers. A piece is a block of one pixel, so both write the same
// values.
#pragma once

#include <type_traits>

#include "kernels/convert.h"
#include "kernels/four.h"
#include "kernels/warp_photo.h"

namespace kdtalker::kernels {

struct WarpCrop {
  const float* picture;  // [3, height, width]
  const float* field;    // [6, field_height, field_width]: kFieldGiven channels
  float* out;            // [3, height, width]
  std::int64_t width;    // all four: two or more
  std::int64_t height;
  std::int64_t field_width;
  std::int64_t field_height;

  KDT_HOST_DEVICE std::int64_t count() const { return height; }

  KDT_HOST_DEVICE void operator()(std::int64_t row) const {
    if (field_width > width) {  // a block has no room for its cells
      for (std::int64_t x = 0; x < width; x++) Block<1>(row, x, 1);
      return;
    }
    for (std::int64_t x = 0; x < width; x += kColumnBlock) {
      const std::int64_t left = width - x;
      Block<kColumnBlock>(row, x, static_cast<int>(left < kColumnBlock ? left : kColumnBlock));
    }
  }

  // A piece is a pixel.
  KDT_HOST_DEVICE std::int64_t pieces() const { return height * width; }
  KDT_HOST_DEVICE void Piece(std::int64_t i) const { Block<1>(i / width, i % width, 1); }

 private:
  // A place between two neighbours: the first of them, and how far it is from that to the second, 0 to 1.
  struct Between {
    std::int32_t first;
    float after;
  };

  template <int kMost>
  struct Patch {
    static constexpr int kTogether = kMost == 1 ? 1 : 4;
    using Numbers = std::conditional_t<kMost == 1, One, Four>;

    std::int64_t row = 0, column = 0;
    int count = 0, computed = 0;             // pixels; a multiple of kTogether
    Between above = {};                      // the row of cells
    std::int32_t first_cell = 0, cells = 0;  // of that row, which the pixels lie between
    std::int32_t cell[kMost] = {};           // from first_cell on: before each pixel
    float after_cell[kMost] = {};
    float move_x[kMost] = {}, move_y[kMost] = {}, keep[kMost] = {};
    bool bare = false;                           // all of the source is kept, and nothing added
    std::int32_t source[kMost] = {};             // in a plane: the pixel before the source
    float right[kMost] = {}, below[kMost] = {};  // how far behind it the source is
  };

  // A comparison with NaN is false: it gives `low`.
  KDT_HOST_DEVICE static float Clamped(float value, float low, float high) {
    const float more = value > low ? value : low;
    return more < high ? more : high;
  }

  // Of a place from 0 to size - 1.
  KDT_HOST_DEVICE static Between Split(float at, std::int32_t size) {
    const auto whole = static_cast<std::int32_t>(at);
    const std::int32_t first = whole < size - 2 ? whole : size - 2;
    return {first, at - static_cast<float>(first)};
  }

  // The cells around the middle of a pixel.
  KDT_HOST_DEVICE static Between CellsAt(float pixel, std::int64_t pixels, std::int64_t cells) {
    const float scale = static_cast<float>(cells) / static_cast<float>(pixels);
    const float at = (pixel + 0.5F) * scale - 0.5F;
    return Split(Clamped(at, 0.0F, static_cast<float>(cells - 1)), static_cast<std::int32_t>(cells));
  }

  template <int kMost>
  KDT_HOST_DEVICE void Block(std::int64_t row, std::int64_t column, int count) const {
    constexpr int kTogether = Patch<kMost>::kTogether;
    Patch<kMost> patch;
    patch.row = row;
    patch.column = column;
    patch.count = kMost == 1 ? 1 : count;  // as compilers see too
    patch.computed = (patch.count + kTogether - 1) / kTogether * kTogether;
    Cells(patch);
    const bool still_x = Channel(0, 0.0F, patch, patch.move_x);
    const bool still_y = Channel(1, 0.0F, patch, patch.move_y);
    patch.bare = Channel(2, 1.0F, patch, patch.keep);
    if (!still_x || !still_y) Place(patch);
    for (int c = 0; c < 3; c++) Colour(c, still_x && still_y, patch);
  }

  template <int kMost>
  KDT_HOST_DEVICE void Cells(Patch<kMost>& patch) const {
    const auto x = static_cast<float>(patch.column);
    patch.above = CellsAt(static_cast<float>(patch.row), height, field_height);
    patch.first_cell = CellsAt(x, width, field_width).first;
    for (int k = 0; k < patch.computed; k++) {
      const Between cells = CellsAt(x + static_cast<float>(k), width, field_width);
      patch.cell[k] = cells.first - patch.first_cell;
      patch.after_cell[k] = cells.after;
    }
    patch.cells = patch.cell[patch.computed - 1] + 2;
  }

  // Writes a channel of the field at the pixels. True if it is `rest` everywhere.
  template <int kMost>
  KDT_HOST_DEVICE bool Channel(int c, float rest, const Patch<kMost>& patch, float (&to)[kMost]) const {
    using Numbers = typename Patch<kMost>::Numbers;
    const float* upper = field + (c * field_height + patch.above.first) * field_width + patch.first_cell;
    const float* lower = upper + field_width;
    float line[kMost + 2] = {};
    int others = 0;
    for (int i = 0; i < patch.cells; i++) {
      line[i] = upper[i] + patch.above.after * (lower[i] - upper[i]);
      others += line[i] == rest ? 0 : 1;
    }
    for (int k = 0; others == 0 && k < patch.computed; k++) to[k] = rest;
    for (int k = 0; others != 0 && k < patch.computed; k += Patch<kMost>::kTogether) {
      Numbers first, second;
      Numbers::LoadPairs(line, patch.cell + k, first, second);
      (first + Numbers::Load(patch.after_cell + k) * (second - first)).Store(to + k);
    }
    return others == 0;
  }

  template <int kMost>
  KDT_HOST_DEVICE void Place(Patch<kMost>& patch) const {
    const float across = static_cast<float>(width) / 2.0F, along = static_cast<float>(height) / 2.0F;
    const float last_x = static_cast<float>(width - 1), last_y = static_cast<float>(height - 1);
    const auto columns = static_cast<std::int32_t>(width), rows = static_cast<std::int32_t>(height);
    const auto x = static_cast<float>(patch.column), y = static_cast<float>(patch.row);
    for (int k = 0; k < patch.computed; k++) {
      const float own = x + static_cast<float>(k);
      const Between h = Split(Clamped(own + across * patch.move_x[k], 0.0F, last_x), columns);
      const Between v = Split(Clamped(y + along * patch.move_y[k], 0.0F, last_y), rows);
      patch.source[k] = v.first * columns + h.first;
      patch.right[k] = h.after;
      patch.below[k] = v.after;
    }
  }

  template <int kMost>
  KDT_HOST_DEVICE void Colour(int c, bool still, const Patch<kMost>& patch) const {
    const float* plane = picture + c * height * width;
    const std::int64_t own = patch.row * width + patch.column;
    float seen[kMost], added[kMost];
    if (!still) Sample(plane, patch, seen);
    for (int k = 0; still && k < patch.count; k++) seen[k] = plane[own + k];
    const bool bare = Channel(3 + c, 0.0F, patch, added) && patch.bare;
    for (int k = 0; !bare && k < patch.count; k++) seen[k] = seen[k] * patch.keep[k] + added[k];
    float* to = out + c * height * width + own;
    for (int k = 0; k < patch.count; k++) to[k] = seen[k];
  }

  template <int kMost>
  KDT_HOST_DEVICE void Sample(const float* plane, const Patch<kMost>& patch, float (&seen)[kMost]) const {
    using Numbers = typename Patch<kMost>::Numbers;
    const Numbers one = Numbers::Of(1.0F);
    for (int k = 0; k < patch.computed; k += Patch<kMost>::kTogether) {
      const Numbers right = Numbers::Load(patch.right + k), below = Numbers::Load(patch.below + k);
      Numbers a, b, c, d;
      Numbers::LoadPairs(plane, patch.source + k, a, b);
      Numbers::LoadPairs(plane + width, patch.source + k, c, d);
      const Numbers upper = a * (one - right) + b * right, lower = c * (one - right) + d * right;
      (upper * (one - below) + lower * below).Store(seen + k);
    }
  }
};

}  // namespace kdtalker::kernels
