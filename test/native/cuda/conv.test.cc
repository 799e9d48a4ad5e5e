#include "cuda/kernels/conv.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "cuda/array.h"
#include "cuda/blocks.h"
#include "kernels/plan/block_convolution.h"

namespace {

using namespace kdtalker;
using kernels::plan::BlockConvolution;
using kernels::plan::BlockUpConvolution;

struct Sizes {
  int inputs, outputs;
  kernels::plan::PackedWeights packed;
  int depth, height, width;

  int out_blocks() const { return (outputs + 15) / 16; }
  int taps() const { return static_cast<int>(packed.slices * packed.side * packed.side); }
  int cells() const { return depth * height * width; }
  std::size_t at(int channel, int z, int y, int x) const {
    return static_cast<std::size_t>((((channel / 16 * depth + z) * height + y) * width + x) * 16 +
                                    channel % 16);
  }
  bool Inside(int z, int y, int x) const {
    return z >= 0 && z < depth && y >= 0 && y < height && x >= 0 && x < width;
  }
};

// As halves hold them, so that only sums and the last rounding differ.
float WeightOf(const Sizes& size, int o, int i, int tap) {
  const int at = (o * size.inputs + i) * size.taps() + tap;
  return __half2float(__float2half(0.1F * Noise(static_cast<std::size_t>(at))));
}

double SumOf(const Sizes& size, const Array<__half>& x, int o, int z, int r, int c) {
  const int side = static_cast<int>(size.packed.side), slices = static_cast<int>(size.packed.slices);
  double sum = 0;
  for (int tap = 0; tap < size.taps(); tap++) {
    const int fz = z + tap / (side * side) - slices / 2, fr = r + tap / side % side - side / 2,
              fc = c + tap % side - side / 2;
    if (!size.Inside(fz, fr, fc)) continue;
    for (int i = 0; i < size.inputs; i++)
      sum += static_cast<double>(__half2float(x.host[size.at(i, fz, fr, fc)])) * WeightOf(size, o, i, tap);
  }
  return sum;
}

class ConvCase {
 public:
  explicit ConvCase(const Sizes& size) : size_(size) {
    for (auto* each : {&x_, &old_}) FillHalves(*each);
    for (std::size_t i = 0; i < bias_.count; i++) bias_.host[i] = Noise(i + 99);
    for (std::size_t i = 0; i < weights_.count; i++) weights_.host[i] = __float2half(0.0F);
    for (int i = 0; i < size.outputs * size.inputs * size.taps(); i++) {
      const int tap = i % size.taps(), input = i / size.taps() % size.inputs,
                output = i / size.taps() / size.inputs;
      weights_.host[size.packed.At(output, input, tap)] = __float2half(WeightOf(size, output, input, tap));
    }
  }

  void Run() {
    const CudaStream stream;
    for (auto* each : {&x_, &old_, &weights_}) each->Send(stream);
    bias_.Send(stream);
    OK(cuda::LaunchBlocks(stream, Functor()));
    y_.Fetch(stream);
    stream.Wait();
  }

  // Every seventh value.
  void Check() const {
    for (int i = 0; i < size_.outputs * size_.cells(); i += 7) {
      const int o = i / size_.cells(), z = i / (size_.height * size_.width) % size_.depth,
                r = i / size_.width % size_.height, c = i % size_.width;
      const double sum = bias_.host[o] + SumOf(size_, x_, o, z, r, c);
      const std::size_t at = size_.at(o, z, r, c);
      const double end = (sum < 0 ? 0.2 * sum : sum) + __half2float(old_.host[at]);
      const double expected = end < 0 ? 0.5 * end : end;
      CHECK(std::abs(__half2float(y_.host[at]) - expected) < 2e-3 + 1e-3 * std::abs(expected));
    }
  }

 private:
  static std::size_t Count(std::int64_t number) { return static_cast<std::size_t>(number); }

  BlockConvolution Functor() {
    const auto halves = [](__half* address) { return reinterpret_cast<kernels::Half*>(address); };
    BlockConvolution functor{};
    functor.out = halves(y_.device);
    functor.product = {halves(x_.device), halves(weights_.device), size_.packed, size_.depth, size_.height,
                       size_.width};
    functor.bias = bias_.device;
    functor.residual = halves(old_.device);
    functor.out_blocks = size_.out_blocks();
    functor.alpha = 0.2F;
    functor.after = 0.5F;
    return functor;
  }

  const Sizes size_;
  Array<__half> x_{Count(size_.packed.in_blocks * size_.cells() * 16)},
      y_{Count(size_.out_blocks() * size_.cells() * 16)}, old_{y_.count},
      weights_{Count(size_.packed.Count(size_.out_blocks()))};
  Array<float> bias_{Count(16 * size_.out_blocks())};
};

void RunInEachOrder(const Sizes& size) {
  InEachOrder([&] {
    ConvCase conv(size);
    conv.Run();
    conv.Check();
  });
}

// Each with ragged edges and channels, an addend, and leaky below zero before it and after it.
TEST_CASE("conv: a picture") {
  RunInEachOrder({40, 72, {3, 1, 3, 8}, 1, 11, 19});
}

TEST_CASE("conv: a volume, with more outputs than one tile") {
  RunInEachOrder({24, 136, {2, 3, 3, 8}, 3, 5, 9});
}

TEST_CASE("conv: few channels") {
  RunInEachOrder({24, 40, {2, 1, 3, 2}, 1, 11, 19});
  RunInEachOrder({24, 40, {2, 3, 3, 4}, 2, 9, 5});
}

TEST_CASE("conv: nine sixteens of channels") {
  RunInEachOrder({24, 142, {2, 3, 3, 9}, 2, 9, 17});
}

TEST_CASE("conv: kernels of one cell") {
  RunInEachOrder({40, 40, {3, 1, 1, 2}, 2, 3, 17});
  RunInEachOrder({40, 136, {3, 1, 1, 8}, 1, 9, 5});
}

TEST_CASE("conv: the mask's kernel") {
  RunInEachOrder({24, 22, {2, 7, 7, 2}, 2, 3, 18});
}

kernels::Half* Halves(__half* address) {
  return reinterpret_cast<kernels::Half*>(address);
}

// Against the functor on the CPU: sums of another order, and one rounding to a half.
void RunUpInEachOrder(const BlockUpConvolution& form) {
  const auto size = [](std::int64_t count) { return static_cast<std::size_t>(count); };
  const std::int64_t cells = form.product.cells(), places = form.factor * form.factor;
  InEachOrder([&] {
    Array<__half> x(size(form.product.packed.in_blocks * cells * 16)),
        weights(size(form.product.packed.Count(form.out_blocks) * places)),
        y(size(form.out_blocks * cells * places * 16));
    Array<float> bias(size(form.out_blocks * 16));
    for (auto* each : {&x, &weights}) FillHalves(*each);
    for (std::size_t i = 0; i < bias.count; i++) bias.host[i] = Noise(i + 99);
    const auto functor = [&](auto of) {
      BlockUpConvolution up = form;
      up.out = Halves(of(y));
      up.product.in = Halves(of(x));
      up.product.weights = Halves(of(weights));
      up.bias = of(bias);
      return up;
    };
    const CudaStream stream;
    for (auto* each : {&x, &weights}) each->Send(stream);
    bias.Send(stream);
    OK(cuda::LaunchBlocks(stream, functor([](auto& array) { return array.device; })));
    y.Fetch(stream);
    stream.Wait();
    const std::vector<__half> found(y.host, y.host + y.count);
    const BlockUpConvolution here = functor([](auto& array) { return array.host; });
    for (std::int64_t i = 0; i < here.count(); i++) here(i);
    double most = 0;
    for (std::size_t i = 0; i < y.count; i++)
      most = std::max<double>(most, std::abs(__half2float(found[i]) - __half2float(y.host[i])));
    CHECK(most < 1e-2);  // of values up to 10
  });
}

TEST_CASE("conv: cells that are repeated") {
  RunUpInEachOrder({nullptr, {nullptr, nullptr, {2, 3, 2, 2}, 2, 3, 9}, nullptr, 3, 2, 0.0F});
  RunUpInEachOrder({nullptr, {nullptr, nullptr, {2, 1, 2, 4}, 1, 9, 5}, nullptr, 3, 4, 0.2F});
  RunUpInEachOrder({nullptr, {nullptr, nullptr, {3, 1, 2, 8}, 1, 9, 17}, nullptr, 9, 2, 1.0F});
}

TEST_CASE("conv: a form that no kernel has") {
  const CudaStream stream;
  BlockConvolution functor{};
  functor.product.packed = {1, 1, 5, 2};
  CHECK(cuda::LaunchBlocks(stream, functor) == cudaErrorInvalidValue);
}

}  // namespace
