// Rows of a stream in a buffer of the last ones: row of frame f is f modulo the buffer's rows. A frame before
// the first has a row too, so a stream's past is filled with what is there at rest.
#pragma once

#include "kernels/kernel.h"
#include "kernels/motion.h"

namespace kdtalker::kernels {

// Floats of a row that an index moves: wide rows have millions of them.
KDT_HOST_DEVICE constexpr std::int64_t UnitOf(std::int64_t width) {
  return width % 16 == 0 ? 16 : 1;
}

// All are read before the first is written: nothing depends on how the rows lie.
KDT_HOST_DEVICE void MoveUnit(const float* from, float* to, std::int64_t unit) {
  if (unit == 1) {
    *to = *from;
    return;
  }
  float values[16];
  for (int i = 0; i < 16; i++) values[i] = from[i];
  for (int i = 0; i < 16; i++) to[i] = values[i];
}

// Rows of frames in order. Frames from `known` on are `fill`; or, with a span, taken to be like the last
// known rows: first these backwards, so that nothing jumps, and then those before `first`, which are not
// among the frames yet, so that the whole is as various as what was known; where the span has no more, all of
// it backwards and forwards in turns.
struct GatherRows {
  const float* ring;  // [rows, width]
  const float* fill;  // [width]
  float* out;         // [frames, width]
  std::int64_t first;
  std::int64_t frames;
  std::int64_t known;
  std::int64_t rows;
  std::int64_t width;
  std::int64_t span = 0;  // known rows that are repeated

  KDT_HOST_DEVICE std::int64_t count() const { return frames * width / UnitOf(width); }

  KDT_HOST_DEVICE void operator()(std::int64_t i) const {
    const std::int64_t unit = UnitOf(width), at = i * unit, c = at % width, frame = first + at / width;
    const bool filled = frame >= known && span == 0;
    const float* row = filled ? fill : ring + RowOf(frame < known ? frame : Alike(frame), rows) * width;
    MoveUnit(row + c, out + at, unit);
  }

  static constexpr std::int64_t kBackwards = 8;

 private:
  KDT_HOST_DEVICE std::int64_t Alike(std::int64_t frame) const {
    const std::int64_t earlier = first - 1 - (frame - known - kBackwards);
    return frame < known + kBackwards || earlier < known - span ? Mirrored(frame) : earlier;
  }

  KDT_HOST_DEVICE std::int64_t Mirrored(std::int64_t frame) const {
    const std::int64_t behind = (frame - known) % (2 * span);
    return known - 1 - (behind < span ? behind : 2 * span - 1 - behind);
  }
};

// The reverse. A single row is repeated.
struct ScatterRows {
  const float* in;  // [given, width]
  float* ring;      // [rows, width]
  std::int64_t first;
  std::int64_t frames;  // at most `rows`
  std::int64_t given;   // 1 or `frames`
  std::int64_t rows;
  std::int64_t width;

  KDT_HOST_DEVICE std::int64_t count() const { return frames * width / UnitOf(width); }

  KDT_HOST_DEVICE void operator()(std::int64_t i) const {
    const std::int64_t unit = UnitOf(width), at = i * unit, row = at / width, c = at % width;
    MoveUnit(in + (given == 1 ? 0 : row) * width + c, ring + RowOf(first + row, rows) * width + c, unit);
  }
};

}  // namespace kdtalker::kernels
