// The moments of a picture's channels, part by part: the mean of each part, and the sum of the squares of
// what its cells are off it. Parts are made where the picture is; what follows adds them up in their order.
#pragma once

#include "kernels/plan/to_blocks.h"

namespace kdtalker::kernels::plan {

// A part has so many rows of 16 cells; those at the edges have what is left.
struct PictureParts {
  std::int64_t height, width, rows;

  static constexpr std::int64_t kColumns = 16;

  KDT_HOST_DEVICE std::int64_t across() const { return (width + kColumns - 1) / kColumns; }
  KDT_HOST_DEVICE std::int64_t count() const { return (height + rows - 1) / rows * across(); }
  KDT_HOST_DEVICE std::int64_t Top(std::int64_t part) const { return part / across() * rows; }
  KDT_HOST_DEVICE std::int64_t Left(std::int64_t part) const { return part % across() * kColumns; }
  KDT_HOST_DEVICE std::int64_t RowsOf(std::int64_t part) const { return Least(rows, height - Top(part)); }
  KDT_HOST_DEVICE std::int64_t ColumnsOf(std::int64_t part) const {
    return Least(kColumns, width - Left(part));
  }
  KDT_HOST_DEVICE std::int64_t CellsOf(std::int64_t part) const { return RowsOf(part) * ColumnsOf(part); }

 private:
  KDT_HOST_DEVICE static std::int64_t Least(std::int64_t a, std::int64_t b) { return a < b ? a : b; }
};

// Floats of the moments of a block of channels in a part: 16 means, 16 sums of squares.
inline constexpr std::int64_t kMoments = 2 * kLanes;

}  // namespace kdtalker::kernels::plan
