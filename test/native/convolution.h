// A convolution for tests of the CPU kernels: its shape, random trained weights, and the call of its plan.
#pragma once

#include <cstdint>
#include <vector>

#include "blocked.h"
#include "kernels/cpu/conv_layout.h"
#include "ops/conv_runner.h"

namespace convolution {

namespace kernels = kdtalker::kernels;
using kernels::Method;

struct Shape {
  Method method;
  int in, out, depth, height, width, kernel_depth;

  int factor() const { return method == Method::kUpsampled2 ? 2 : method == Method::kUpsampled4 ? 4 : 1; }
  int kernel_side() const { return method == Method::kPointwise ? 1 : 3; }
  std::int64_t in_cells() const { return std::int64_t{depth} * height * width; }
  std::int64_t out_cells() const { return in_cells() * factor() * factor(); }
  // Channels of a blocked tensor.
  static int Padded(int channels) { return (channels + 15) / 16 * 16; }
};

template <class T>
struct Convolution {
  Shape shape;
  std::vector<float> weights;  // [out, in, kernel_depth, kernel_side, kernel_side]
  std::vector<float> bias;     // [padded out]
  std::vector<std::uint8_t> laid_out;
  kernels::ConvPlan plan;

  explicit Convolution(const Shape& s)
      : shape(s),
        weights(blocked::RandomFloats(
            static_cast<std::size_t>(s.out) * s.in * s.kernel_depth * s.kernel_side() * s.kernel_side(), 2)),
        bias(blocked::RandomFloats(static_cast<std::size_t>(Shape::Padded(s.out)), 4)),
        laid_out(kernels::LayOutConv<T>(s.method, {weights.data(), s.out, s.in, s.kernel_depth, false})),
        plan(kdtalker::ops::MakePlan(s.method, {Shape::Padded(s.in) / 16, s.depth, s.height, s.width, 16},
                                     s.out, s.kernel_depth, false)) {}

  // From blocked x to blocked y.
  kernels::ConvCall<T> Call(const T* x, T* y) const {
    kernels::ConvCall<T> call{};
    call.x = x;
    call.weights = laid_out.data();
    call.bias = bias.data();
    call.alpha = 0.25F;
    call.y = y;
    call.repeat = 1;
    return call;
  }
};

}  // namespace convolution
