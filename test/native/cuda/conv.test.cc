#include "cuda/kernels/conv.h"

#include <cmath>

#include "cuda/array.h"

namespace {

using namespace kdtalker;

struct Sizes {
  int inputs, outputs, slices, depth, height, width;

  int cells() const { return depth * height * width; }
  std::size_t at(int channel, int z, int y, int x) const {
    return static_cast<std::size_t>((((channel / 16 * depth + z) * height + y) * width + x) * 16 +
                                    channel % 16);
  }
  bool Inside(int z, int y, int x) const {
    return z >= 0 && z < depth && y >= 0 && y < height && x >= 0 && x < width;
  }
};

// Weights and x as halves hold them, so that only sums and the last rounding differ.
struct Weights {
  Sizes size;
  float operator()(int o, int i, int z, int r, int c) const {
    const int at = (((o * size.inputs + i) * size.slices + z) * 3 + r) * 3 + c;
    return __half2float(__float2half(0.1F * Noise(static_cast<std::size_t>(at))));
  }
};

double SumOf(const Sizes& size, const Array<__half>& x, int o, int z, int r, int c) {
  double sum = 0;
  for (int tap = 0; tap < 9 * size.slices; tap++) {
    const int dz = tap / 9, dr = tap / 3 % 3, dc = tap % 3;
    const int fz = z + dz - size.slices / 2, fr = r + dr - 1, fc = c + dc - 1;
    if (!size.Inside(fz, fr, fc)) continue;
    for (int i = 0; i < size.inputs; i++)
      sum +=
          static_cast<double>(__half2float(x.host[size.at(i, fz, fr, fc)])) * Weights{size}(o, i, dz, dr, dc);
  }
  return sum;
}

class ConvCase {
 public:
  explicit ConvCase(const Sizes& size) : size_(size) {
    for (auto* each : {&x_, &old_}) FillHalves(*each);
    for (std::size_t i = 0; i < bias_.count; i++) bias_.host[i] = Noise(i + 99);
    cuda::PackConv(size.outputs, size.inputs, size.slices, Weights{size}, weights_.host);
  }

  void Run() {
    const CudaStream stream;
    for (auto* each : {&x_, &old_, &weights_}) each->Send(stream);
    bias_.Send(stream);
    OK(cuda::Launch(stream,
                    cuda::Conv{x_.device, weights_.device, bias_.device, old_.device, y_.device, in_blocks_,
                               out_blocks_, size_.slices, size_.depth, size_.height, size_.width, 0.2F}));
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
      const double expected = (sum < 0 ? 0.2 * sum : sum) + __half2float(old_.host[at]);
      CHECK(std::abs(__half2float(y_.host[at]) - expected) < 2e-3 + 1e-3 * std::abs(expected));
    }
  }

 private:
  static std::size_t Count(int number) { return static_cast<std::size_t>(number); }

  const Sizes size_;
  const int in_blocks_ = (size_.inputs + 15) / 16, out_blocks_ = (size_.outputs + 15) / 16;
  Array<__half> x_{Count(in_blocks_ * size_.cells() * 16)}, y_{Count(out_blocks_ * size_.cells() * 16)},
      old_{y_.count}, weights_{Count((size_.outputs + 127) / 128 * in_blocks_ * size_.slices * 9 * 2048)};
  Array<float> bias_{Count(16 * out_blocks_)};
};

void RunInEachOrder(const Sizes& size) {
  InEachOrder([&] {
    ConvCase conv(size);
    conv.Run();
    conv.Check();
  });
}

TEST_CASE("conv: a picture, with ragged edges and channels, a residual and leaky below zero") {
  RunInEachOrder({40, 72, 1, 1, 11, 19});
}

TEST_CASE("conv: a volume, with more outputs than one tile") {
  RunInEachOrder({24, 136, 3, 3, 5, 9});
}

}  // namespace
