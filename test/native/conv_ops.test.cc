// Compares convolutions of every method and instruction set with float64 arithmetic on the trained kernel.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include "blocked.h"
#include "convolution.h"
#include "ops/conv_runner.h"

namespace {

using namespace kdtalker;
using namespace blocked;
using convolution::Convolution;
using convolution::Shape;
using kernels::Bf16;
using kernels::Method;

// The convolution by its definition, of the repeated picture, at one place.
double Reference(const Shape& c, const std::vector<float>& x, const std::vector<float>& w, int out, int z,
                 int y, int column) {
  const int factor = c.factor(), side = c.kernel_side();
  double sum = 0;
  for (int in = 0; in < c.in; in++) {
    for (int kz = 0; kz < c.kernel_depth; kz++) {
      for (int ky = 0; ky < side; ky++) {
        for (int kx = 0; kx < side; kx++) {
          const int iz = z + kz - c.kernel_depth / 2, iy = y + ky - side / 2, ix = column + kx - side / 2;
          if (iz < 0 || iz >= c.depth || iy < 0 || iy >= c.height * factor || ix < 0 ||
              ix >= c.width * factor)
            continue;
          const auto at =
              ((std::int64_t{in} * c.depth + iz) * c.height + iy / factor) * c.width + ix / factor;
          const auto kernel =
              (((std::int64_t{out} * c.in + in) * c.kernel_depth + kz) * side + ky) * side + kx;
          sum += static_cast<double>(x[static_cast<std::size_t>(at)]) *
                 static_cast<double>(w[static_cast<std::size_t>(kernel)]);
        }
      }
    }
  }
  return sum;
}

// Root mean square of the differences at some places, relative to the reference's.
template <class T>
double ErrorOf(const Shape& c, kernels::Isa isa) {
  const int height = c.height * c.factor(), width = c.width * c.factor();
  auto x = RandomFloats(static_cast<std::size_t>(c.in * c.in_cells()), 1);
  auto residual = RandomFloats(static_cast<std::size_t>(c.out * c.out_cells()), 3);
  const auto blocked = Blocked<T>(x, c.in, c.in_cells());
  const auto added = Blocked<T>(residual, c.out, c.out_cells());
  std::vector<T> y(static_cast<std::size_t>(Shape::Padded(c.out) * c.out_cells()));
  const Convolution<T> made(c);
  kernels::ConvCall<T> call = made.Call(blocked.data(), y.data());
  call.residual = added.data();
  ops::ConvRunner<T>(kernels::CpuKernelsOf(isa)).Run({}, made.plan, call);
  double error = 0, scale = 0;
  std::uint32_t seed = 5;
  for (int i = 0; i < 400; i++) {
    const auto pick = [&seed](int below) {
      return static_cast<int>((Random(seed) + 1) / 2 * static_cast<float>(below)) % below;
    };
    const int out = pick(c.out), z = pick(c.depth), row = i % 3 == 0 ? i % 2 * (height - 1) : pick(height),
              column = i % 5 == 0 ? i % 2 * (width - 1) : pick(width);
    const std::int64_t cell = (std::int64_t{z} * height + row) * width + column;
    double wanted = Reference(c, x, made.weights, out, z, row, column) +
                    static_cast<double>(made.bias[static_cast<std::size_t>(out)]);
    wanted = std::max(wanted, 0.25 * wanted) +
             static_cast<double>(residual[static_cast<std::size_t>(out * c.out_cells() + cell)]);
    const double got = static_cast<double>(
        ToFloat(y[static_cast<std::size_t>((out / 16 * c.out_cells() + cell) * 16 + out % 16)]));
    error += (got - wanted) * (got - wanted);
    scale += wanted * wanted;
  }
  return std::sqrt(error / scale);
}

const std::vector<Shape> kCases = {
    {Method::kPointwise, 40, 24, 1, 9, 13, 1},   {Method::kPointwise, 16, 16, 1, 1, 1, 1},
    {Method::kWinograd2, 24, 36, 1, 7, 10, 1},   {Method::kWinograd4, 24, 36, 1, 7, 10, 1},
    {Method::kWinograd4, 3, 12, 1, 33, 35, 1},   {Method::kWinograd4, 130, 70, 1, 19, 21, 1},
    {Method::kWinograd4, 512, 48, 1, 20, 20, 1}, {Method::kWinograd4, 20, 144, 5, 64, 68, 3},
    {Method::kWinograd4, 20, 30, 16, 8, 8, 3},   {Method::kWinograd2, 70, 64, 16, 4, 4, 3},
    {Method::kWinograd4, 20, 33, 1, 12, 9, 3},   {Method::kUpsampled2, 24, 36, 1, 7, 10, 1},
    {Method::kWinograd4, 24, 40, 1, 66, 70, 1},  {Method::kWinograd2, 24, 40, 1, 34, 36, 1},
    {Method::kWinograd4, 176, 32, 1, 66, 66, 1}, {Method::kWinograd2, 400, 24, 1, 34, 34, 1},
    {Method::kUpsampled4, 48, 36, 1, 5, 6, 1},   {Method::kUpsampled2, 600, 40, 3, 2, 2, 3},
    {Method::kUpsampled2, 33, 20, 16, 3, 5, 3},
};

}  // namespace

TEST_CASE("every convolution equals float64 arithmetic, with every instruction set") {
  for (const kernels::Isa isa : Isas()) {
    for (const Shape& c : kCases) {
      CAPTURE(kernels::IsaName(isa));
      CAPTURE(static_cast<int>(c.method));
      CAPTURE(c.in);
      CHECK(ErrorOf<float>(c, isa) < 4e-6);
      if (!kernels::CpuKernelsOf(isa).of_bf16.multiplies) continue;
      CHECK(ErrorOf<Bf16>(c, isa) < (c.method == Method::kWinograd4 ? 3e-2 : 1e-2));
    }
  }
}
