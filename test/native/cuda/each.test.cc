#include <cstring>
#include <vector>

#include "cuda/array.h"
#include "kernels/ddim.h"
#include "kernels/normal.h"

namespace {

using namespace kdtalker;

constexpr std::int64_t kCount = 1001;

template <class Kernel>
void RunHere(const Kernel& kernel) {
  for (std::int64_t i = 0; i < kernel.count(); i++) kernel(i);
}

TEST_CASE("functors give the same bits on CUDA as on the CPU") {
  InEachOrder([] {
    const CudaStream stream;
    Array<float> x(kCount), noise(kCount);
    for (std::size_t i = 0; i < kCount; i++) noise.host[i] = Noise(i);
    noise.Send(stream);
    kernels::FillNormal fill{x.device, kCount, 7, 2, 0, kernels::NoisePurpose::kInitial};
    kernels::DdimStep step{x.device, noise.device, nullptr, kCount, {0.9F, 0.4F, 0.95F, 0.3F, 0.0F}};
    OK(cuda::Launch(stream, cuda::Each<kernels::FillNormal>{fill}));
    OK(cuda::Launch(stream, cuda::Each<kernels::DdimStep>{step}));
    x.Fetch(stream);
    stream.Wait();

    std::vector<float> expected(kCount);
    fill.out = step.x = expected.data();
    step.prediction = noise.host;
    RunHere(fill);
    RunHere(step);
    CHECK(std::memcmp(expected.data(), x.host, kCount * sizeof(float)) == 0);
  });
}

}  // namespace
