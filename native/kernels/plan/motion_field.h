// What the kernels of the field of motion share: candidates of a cell's motion, the places of cells, and
// sampling between eight cells of a volume of blocked halves.
#pragma once

#include "kernels/motion.h"
#include "kernels/plan/wide.h"

namespace kdtalker::kernels::plan {

// One candidate stays, the others move with a keypoint each.
inline constexpr int kCandidateCount = static_cast<int>(kKeypoints) + 1;

// Keypoints [21, 3] of the portrait and of the frame.
struct Points {
  const float *source, *driving;

  // The shift of a candidate along x, y or z.
  KDT_HOST_DEVICE float Shift(int candidate, int axis) const {
    const int at = 3 * (candidate - 1) + axis;
    return candidate == 0 ? 0.0F : source[at] - driving[at];
  }
};

// The coordinate of a cell: the first has -1, the last 1.
KDT_HOST_DEVICE float PlaceOfCell(int cell, int length) {
  return static_cast<float>(2 * cell) / static_cast<float>(length - 1) - 1.0F;
}

// The cell before a coordinate of -1..1 whose ends are the outer faces of the end cells, and the share of the
// next one. What is outside, or not a number, is before a cell that is outside too.
struct Between {
  int before;
  float after;

  KDT_HOST_DEVICE Between(float coordinate, int length) {
    float at = ((coordinate + 1.0F) * static_cast<float>(length) - 1.0F) * 0.5F;
    if (!(at > -1.0F && at < static_cast<float>(length))) at = -2.0F;
    before = static_cast<int>(at + 2.0F) - 2;
    after = at - static_cast<float>(before);
  }
};

// A volume [blocks, depth, height, width, 16].
struct Volume {
  const Half* halves;
  int depth, height, width;

  KDT_HOST_DEVICE std::int64_t cells() const { return std::int64_t{depth} * height * width; }

  // Calls add(cell, weight) for each of the cells around a place x, y, z.
  template <class Function>
  KDT_HOST_DEVICE void ForEachAround(const float (&place)[3], Function add) const {
    const Between x(place[0], width), y(place[1], height), z(place[2], depth);
    for (int corner = 0; corner < 8; corner++) {
      const int x_at = x.before + (corner & 1), y_at = y.before + (corner >> 1 & 1),
                z_at = z.before + (corner >> 2);
      if (x_at < 0 || y_at < 0 || z_at < 0 || x_at >= width || y_at >= height || z_at >= depth) continue;
      add((z_at * height + y_at) * width + x_at, (corner & 1 ? x.after : 1.0F - x.after) *
                                                     (corner >> 1 & 1 ? y.after : 1.0F - y.after) *
                                                     (corner >> 2 ? z.after : 1.0F - z.after));
    }
  }
};

}  // namespace kdtalker::kernels::plan
