// Rows of a stream in a buffer of the last ones: row of frame f is f modulo the buffer's rows. A frame before
// the first has a row too, so a stream's past is filled with what is there at rest.
#pragma once

#include "kernels/kernel.h"
#include "kernels/motion.h"

namespace kdtalker::kernels {

// Rows of frames in order. Frames from `known` on are `fill`; or, with a span, the last known rows backwards
// and forwards in turns.
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

  KDT_HOST_DEVICE std::int64_t count() const { return frames * width; }

  KDT_HOST_DEVICE void operator()(std::int64_t i) const {
    const std::int64_t frame = first + i / width, c = i % width;
    const bool filled = frame >= known && span == 0;
    out[i] = filled ? fill[c] : ring[RowOf(frame < known ? frame : Mirrored(frame), rows) * width + c];
  }

 private:
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

  KDT_HOST_DEVICE std::int64_t count() const { return frames * width; }

  KDT_HOST_DEVICE void operator()(std::int64_t i) const {
    const std::int64_t row = i / width, c = i % width;
    ring[RowOf(first + row, rows) * width + c] = in[(given == 1 ? 0 : row) * width + c];
  }
};

}  // namespace kdtalker::kernels
