#include "cuda/kernels/spade.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "cuda/array.h"
#include "cuda/blocks.h"

namespace {

using namespace kdtalker;
using kernels::Half;
using kernels::plan::BlockSpade;
using kernels::plan::BlockStatistics;

Half* Halves(__half* address) {
  return reinterpret_cast<Half*>(address);
}

// A functor over the buffers of a case, on the device or on the host.
class SpadeCase {
 public:
  explicit SpadeCase(const BlockSpade& form) : form_(form) {
    for (auto* each : {&in_, &weights_, &x_}) FillHalves(*each);
    for (std::size_t i = 0; i < bias_.count; i++) bias_.host[i] = Noise(i + 99);
  }

  void Run() {
    const CudaStream stream;
    for (auto* each : {&in_, &weights_, &x_}) each->Send(stream);
    bias_.Send(stream);
    OK(cuda::LaunchBlocks(stream, Statistics(x_.device, statistics_.device)));
    OK(cuda::LaunchBlocks(stream, Functor([](auto& array) { return array.device; })));
    y_.Fetch(stream);
    stream.Wait();
  }

  // With what the functors give on the CPU: sums of another order, and one rounding to a half.
  void Check() {
    const std::vector<__half> found(y_.host, y_.host + y_.count);
    const BlockStatistics statistics = Statistics(x_.host, statistics_.host);
    for (std::int64_t i = 0; i < statistics.count(); i++) statistics(i);
    const BlockSpade spade = Functor([](auto& array) { return array.host; });
    for (std::int64_t i = 0; i < spade.count(); i++) spade(i);
    double most = 0;
    for (std::size_t i = 0; i < y_.count; i++) {
      const double expected = __half2float(y_.host[i]);
      most = std::max(most, std::abs(__half2float(found[i]) - expected) / (1 + std::abs(expected)));
    }
    CHECK(most < 2e-3);
  }

 private:
  static std::size_t Count(std::int64_t number) { return static_cast<std::size_t>(number); }
  std::int64_t outputs() const { return (form_.shifted + 1) * form_.blocks; }
  std::int64_t small_cells() const { return form_.product.cells() / form_.factor / form_.factor; }

  BlockStatistics Statistics(__half* x, float* out) const {
    return {out, Halves(x), form_.blocks, small_cells(), 1e-5F};
  }
  template <class Address>
  BlockSpade Functor(Address of) {
    BlockSpade functor = form_;
    functor.out = Halves(of(y_));
    functor.product.in = Halves(of(in_));
    functor.product.weights = Halves(of(weights_));
    functor.bias = of(bias_);
    functor.x = Halves(of(x_));
    functor.statistics = of(statistics_);
    return functor;
  }

  const BlockSpade form_;
  Array<__half> in_{Count(form_.product.packed.in_blocks * form_.product.cells() * 16)},
      weights_{Count(form_.product.packed.Count(outputs()))}, x_{Count(form_.blocks * small_cells() * 16)},
      y_{Count(form_.blocks * form_.product.cells() * 16)};
  Array<float> bias_{Count(outputs() * 16)}, statistics_{Count(form_.blocks * 32)};
};

void RunInEachOrder(std::int64_t blocks, std::int64_t factor, bool shifted) {
  BlockSpade form{};
  form.product = {nullptr, nullptr, {2, 1, 3, 8}, 1, 10, 18};
  form.blocks = blocks;
  form.factor = factor;
  form.shifted = shifted ? 1 : 0;
  form.alpha = 0.2F;
  InEachOrder([&] {
    SpadeCase spade(form);
    spade.Run();
    spade.Check();
  });
}

TEST_CASE("spade: scale and shift, with ragged edges, of more channels than one tile") {
  RunInEachOrder(5, 1, true);
}

TEST_CASE("spade: cells that are repeated") {
  RunInEachOrder(2, 2, true);
}

TEST_CASE("spade: a scale alone") {
  RunInEachOrder(9, 2, false);
}

}  // namespace
