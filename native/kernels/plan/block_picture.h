// The picture that blocked halves are: each cell has two by two pixels of up to four channels, a channel's
// four lanes side by side, and a sigmoid makes them 0..1. To floats [channels, 2 height, 2 width]; one index
// for half the lanes of a cell.
#pragma once

#include <cmath>

#include "kernels/plan/wide.h"

namespace kdtalker::kernels::plan {

struct BlockPicture {
  float* out;
  const Half* in;                        // [1, height, width, 16]
  std::int64_t channels, height, width;  // of the cells

  KDT_HOST_DEVICE std::int64_t count() const { return 2 * height * width; }

  KDT_HOST_DEVICE void operator()(std::int64_t i) const {
    const std::int64_t cell = i % (height * width), first = i / (height * width) * kEight;
    float values[kEight];
    LoadEight(in + cell * kLanes + first, values);
    float* to = out + 4 * (cell / width) * width + 2 * (cell % width);
    for (int lane = 0; lane < kEight; lane++) {
      const std::int64_t channel = (first + lane) / 4;
      if (channel < channels)
        to[channel * 4 * height * width + lane % 4 / 2 * 2 * width + lane % 2] =
            1.0F / (1.0F + std::exp(-values[lane]));
    }
  }
};

}  // namespace kdtalker::kernels::plan
