// The end of a convolution in parts (block_sums_end.h) whose result is read by a mean of two by two cells
// alone: only that is written, the same bytes as if the cells had been. One index for four lanes of a cell of
// a block of the result.
#pragma once

#include "kernels/plan/block_sums_end.h"

namespace kdtalker::kernels::plan {

// `out` is [out_blocks, depth, height / 2, width / 2, 16]; the factor is 1.
struct BlockPooledSumsEnd : BlockSumsEnd {
  KDT_HOST_DEVICE std::int64_t count() const { return out_blocks * depth * height * width; }

  KDT_HOST_DEVICE void operator()(std::int64_t i) const {
    const std::int64_t four = i % 4 * 4, across = width / 2, x = i / 4 % across, row = i / 4 / across;
    const float* from = sums + (2 * row * width + 2 * x) * kLanes + four;  // rows of all planes
    const float* shift = bias + row / (height / 2) / depth * kLanes + four;
    FourFloats means = {};
#if defined(__CUDACC__)
#pragma unroll 1  // what all four cells load together is more than a thread's registers
#endif
    for (int near = 0; near < 4; near++) Add(from + (near / 2 * width + near % 2) * kLanes, shift, means);
    for (int lane = 0; lane < 4; lane++) out[i * 4 + lane] = HalfOf(0.25F * means.of[lane]);
  }

 private:
  // A cell, as a half holds it.
  KDT_HOST_DEVICE void Add(const float* from, const float* shift, FourFloats& means) const {
    const std::int64_t all = out_blocks * depth * height * width * kLanes;
    FourFloats values = *reinterpret_cast<const FourFloats*>(shift);
    for (std::int64_t part = 0; part < parts; part++) {
      const FourFloats more = *reinterpret_cast<const FourFloats*>(from + part * all);
      for (int lane = 0; lane < 4; lane++) values.of[lane] += more.of[lane];
    }
    for (int lane = 0; lane < 4; lane++) {
      const float value = values.of[lane];
      means.of[lane] += FloatOf(HalfOf(value < 0.0F ? value * alpha : value));
    }
  }
};

}  // namespace kdtalker::kernels::plan
