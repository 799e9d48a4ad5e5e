#include "cuda/kernels/softmax.h"

#include <cmath>
#include <limits>

#include "cuda/array.h"

namespace {

using namespace kdtalker;

TEST_CASE("softmax: rows of a view, more than a block has, shorter and longer than a warp") {
  for (const int length : {5, 66}) {
    CAPTURE(length);
    InEachOrder([length] {
      constexpr int kRows = 9;
      const CudaStream stream;
      Array<float> in(kRows * length * 2), out(kRows * length);
      for (std::size_t i = 0; i < in.count; i++) in.host[i] = 20 * Noise(i);
      in.Send(stream);
      kernels::plan::Softmax of{};
      of.out = out.device;
      of.in = in.device;
      of.rows = {1, {kRows}};
      of.out_strides = {{length}};
      of.in_strides = {{2 * length}};
      of.length = length;
      of.out_along = 1;
      of.in_along = 2;
      OK(cuda::Launch(stream, cuda::Softmax{of}));
      out.Fetch(stream);
      stream.Wait();
      for (int row = 0; row < kRows; row++) {
        double sum = 0;
        const auto power = [&](int k) {
          return std::exp(static_cast<double>(in.host[2 * (row * length + k)]));
        };
        for (int k = 0; k < length; k++) sum += power(k);
        for (int k = 0; k < length; k++) CHECK(std::abs(out.host[row * length + k] - power(k) / sum) < 1e-6);
      }
    });
  }
}

TEST_CASE("softmax: a NaN is seen in the whole row") {
  const CudaStream stream;
  Array<float> values(40), out(40);
  for (int i = 0; i < 40; i++) values.host[i] = static_cast<float>(i);
  values.host[3] = std::numeric_limits<float>::quiet_NaN();
  values.Send(stream);
  kernels::plan::Softmax of{out.device, values.device, {1, {1}}, {{40}}, {{40}}, 40, 1, 1};
  OK(cuda::Launch(stream, cuda::Softmax{of}));
  out.Fetch(stream);
  stream.Wait();
  for (int i = 0; i < 40; i++) CHECK(std::isnan(out.host[i]));
}

}  // namespace
