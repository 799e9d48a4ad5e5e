#include "cuda/kernels/stats.h"

#include <cmath>

#include "cuda/functor.h"

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

// With what the functor gives on the CPU, in double; of values that are far from zero, too.
TEST_CASE("stats: from the moments of a picture's parts") {
  const kernels::plan::PictureParts small = {11, 19, 4}, many = {300, 33, 2};
  for (const auto& parts : {small, many}) {
    InEachOrder([&] {
      constexpr std::int64_t kBlocks = 3;
      Array<float> moments(static_cast<std::size_t>(kBlocks * parts.count() * 32)), out(kBlocks * 32);
      for (std::size_t i = 0; i < moments.count; i++)
        moments.host[i] = i % 32 < 16 ? 3 + 0.01F * Noise(i) : 1 + Noise(i);
      const CudaStream stream;
      moments.Send(stream);
      CHECK(Apart(stream, out, [&](auto of) {
              return kernels::plan::BlockStatisticsEnd{of(out), of(moments), parts, kBlocks, 1e-5F};
            }) < 1e-6);
    });
  }
}

}  // namespace
