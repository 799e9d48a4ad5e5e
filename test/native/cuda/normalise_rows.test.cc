#include "cuda/kernels/normalise_rows.h"

#include <cmath>

#include "cuda/array.h"

namespace {

using namespace kdtalker;

// 3 rows of 2 x 35 elements in views that lie apart, and one number of scale and shift a row or an element.
constexpr int kRows = 3, kParts = 2, kEach = 35, kLength = kParts * kEach, kStride = 40;

kernels::plan::NormaliseRows RowsOf(const Array<float>& out, const Array<float>& in,
                                    const Array<float>& scale, bool of_rows) {
  kernels::plan::NormaliseRows of{};
  of.out = out.device;
  of.in = in.device;
  of.scale = scale.device;
  of.shift = scale.device + 1;
  of.rows = {1, {kRows}};
  of.row = {2, {kParts, kEach}};
  of.in_strides = {{kParts * kStride}};
  of.in_along = {{kStride, 1}};
  of.out_strides = {{kLength}};
  of.out_along = {{kEach, 1}};
  if (of_rows) of.scale_strides = of.shift_strides = {{2}};
  if (!of_rows) of.scale_along = of.shift_along = {{kEach, 1}};
  of.epsilon = 1e-5;
  return of;
}

TEST_CASE("normalise rows: mean 0 and variance 1, then scale and shift, of views") {
  for (const bool of_rows : {true, false}) {
    CAPTURE(of_rows);
    InEachOrder([of_rows] {
      const CudaStream stream;
      Array<float> in(kRows * kParts * kStride), scale(kLength + 1), out(kRows * kLength);
      for (std::size_t i = 0; i < in.count; i++) in.host[i] = 3 + Noise(i);
      for (std::size_t i = 0; i < scale.count; i++) scale.host[i] = Noise(i + 7);
      in.Send(stream);
      scale.Send(stream);
      OK(cuda::Launch(stream, cuda::NormaliseRows{RowsOf(out, in, scale, of_rows)}));
      out.Fetch(stream);
      stream.Wait();
      for (int row = 0; row < kRows; row++) {
        const auto at = [&](int k) {
          return static_cast<double>(in.host[(row * kParts + k / kEach) * kStride + k % kEach]);
        };
        double mean = 0, variance = 0;
        for (int k = 0; k < kLength; k++) mean += at(k) / kLength;
        for (int k = 0; k < kLength; k++) variance += (at(k) - mean) * (at(k) - mean) / kLength;
        for (int k = 0; k < kLength; k++) {
          const float* scales = scale.host + (of_rows ? 2 * row : k);
          const double wanted = (at(k) - mean) / std::sqrt(variance + 1e-5) * scales[0] + scales[1];
          CHECK(std::abs(out.host[row * kLength + k] - wanted) < 1e-5);
        }
      }
    });
  }
}

}  // namespace
