#include "cuda/kernels/stats.h"

#include <cmath>

#include "cuda/array.h"

namespace {

using namespace kdtalker;

TEST_CASE("stats: mean and 1 / deviation of every channel") {
  constexpr int kBlocks = 3, kCells = 333;
  InEachOrder([] {
    const CudaStream stream;
    Array<__half> x(kBlocks * kCells * 16);
    Array<float> out(kBlocks * 32);
    FillHalves(x);
    x.Send(stream);
    OK(cuda::Launch(stream, cuda::Stats{x.device, out.device, kBlocks, kCells, 1e-5F}));
    out.Fetch(stream);
    stream.Wait();
    for (int channel = 0; channel < 16 * kBlocks; channel++) {
      const auto at = [&](int cell) {
        return static_cast<double>(__half2float(x.host[(channel / 16 * kCells + cell) * 16 + channel % 16]));
      };
      double mean = 0, variance = 0;
      for (int i = 0; i < kCells; i++) mean += at(i) / kCells;
      for (int i = 0; i < kCells; i++) variance += (at(i) - mean) * (at(i) - mean) / kCells;
      const float* found = out.host + channel / 16 * 32 + channel % 16;
      CHECK(std::abs(found[0] - mean) < 1e-6);
      CHECK(std::abs(found[16] - 1 / std::sqrt(variance + 1e-5)) < 1e-5);
    }
  });
}

}  // namespace
