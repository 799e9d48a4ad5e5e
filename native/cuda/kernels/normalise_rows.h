// Layer and instance normalisation of views: what the functor NormaliseRows computes, a warp a row. The sums
// are float64, as the functor's.
#pragma once

#include "cuda/kernels/offsets.h"
#include "cuda/kernels/warp_sum.h"
#include "kernels/plan/normalise_rows.h"

namespace kdtalker::cuda {

struct NormaliseRows {
  static constexpr int kThreads = 256, kBlocks = 4, kWarps = kThreads / 32;
  using Shared = NoShared;

  kernels::plan::NormaliseRows of;

  dim3 grid() const { return dim3(static_cast<unsigned>((of.rows.count() + kWarps - 1) / kWarps)); }

  KDT_DEVICE void Block(Shared&) const {
    const std::int64_t i = std::int64_t{blockIdx.x} * kWarps + threadIdx.x / 32;
    if (i >= of.rows.count()) return;
    const Offsets<4> row(of.rows, i, of.out_strides, of.in_strides, of.scale_strides, of.shift_strides);
    const float* from = of.in + row.in[1];
    const std::int64_t length = of.row.count();
    const double mean = SumOf(from, length, [](double value) { return value; }) / static_cast<double>(length);
    const double squares =
        SumOf(from, length, [mean](double value) { return (value - mean) * (value - mean); });
    const double factor = 1.0 / sqrt(squares / static_cast<double>(length) + of.epsilon);
    for (std::int64_t k = threadIdx.x % 32; k < length; k += 32) {
      const Offsets<4> at(of.row, k, of.out_along, of.in_along, of.scale_along, of.shift_along);
      const auto normal = static_cast<float>((from[at.in[1]] - mean) * factor);
      of.out[row.in[0] + at.in[0]] = normal * of.scale[row.in[2] + at.in[2]] + of.shift[row.in[3] + at.in[3]];
    }
  }

 private:
  template <class Function>
  KDT_DEVICE double SumOf(const float* from, std::int64_t length, Function f) const {
    double sum = 0.0;
    for (std::int64_t k = threadIdx.x % 32; k < length; k += 32)
      sum += f(from[Offsets<1>(of.row, k, of.in_along).in[0]]);
    return WarpSum(sum);
  }
};

}  // namespace kdtalker::cuda
