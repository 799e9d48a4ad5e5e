// Compares SPADE, the statistics of channels and blocking with float64 arithmetic, on every instruction set.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include "blocked.h"
#include "kernels/cpu/conv_layout.h"
#include "ops/conv_runner.h"

namespace {

using namespace kdtalker;
using namespace blocked;
using kernels::Method;

constexpr int kHidden = 24, kChannels = 40, kHeight = 12, kWidth = 10, kFactor = 2;
constexpr std::int64_t kCells = std::int64_t{kHeight} * kWidth, kSmall = kCells / kFactor / kFactor;

double At(const std::vector<float>& values, std::int64_t index) {
  return static_cast<double>(values[static_cast<std::size_t>(index)]);
}

// A 3x3 convolution with zero padding of [kHidden, kHeight, kWidth] at one cell.
double Convolved(const std::vector<float>& a, const std::vector<float>& w, int out, int y, int x) {
  double sum = 0;
  for (int in = 0; in < kHidden; in++) {
    for (int tap = 0; tap < 9; tap++) {
      const int row = y + tap / 3 - 1, column = x + tap % 3 - 1;
      if (row < 0 || row >= kHeight || column < 0 || column >= kWidth) continue;
      sum += At(a, (std::int64_t{in} * kHeight + row) * kWidth + column) *
             At(w, (std::int64_t{out} * kHidden + in) * 9 + tap);
    }
  }
  return sum;
}

struct Moments {
  double mean, scale;
};

Moments MomentsOf(const std::vector<float>& x, int channel, std::int64_t cells) {
  double mean = 0, variance = 0;
  for (std::int64_t i = 0; i < cells; i++) mean += At(x, channel * cells + i) / static_cast<double>(cells);
  for (std::int64_t i = 0; i < cells; i++)
    variance += std::pow(At(x, channel * cells + i) - mean, 2) / static_cast<double>(cells);
  return {mean, 1 / std::sqrt(variance + 1e-5)};
}

template <class T>
auto StatisticsOf(kernels::Isa isa) {
  return kernels::CpuKernelsOf(isa).Of<T>().statistics;
}

// Without beta, the convolution computes only gamma.
template <class T>
double SpadeError(kernels::Isa isa, Method method, bool with_beta) {
  auto a = RandomFloats(kHidden * kCells, 1), x = RandomFloats(kChannels * kSmall, 2);
  const auto w = RandomFloats(std::size_t{2} * kChannels * kHidden * 9, 3),
             bias = RandomFloats(std::size_t{2} * 48, 4);
  const auto blocked_a = Blocked<T>(a, kHidden, kCells), blocked_x = Blocked<T>(x, kChannels, kSmall);
  const auto laid_out = kernels::LayOutConv<T>(
      method, {w.data(), with_beta ? 2 * kChannels : kChannels, kHidden, 1, with_beta});
  std::vector<float> statistics(std::size_t{2} * 48);
  for (int block = 0; block < 3; block++)
    StatisticsOf<T>(isa)(blocked_x.data(), statistics.data(), kSmall, 1e-5F, block);
  std::vector<T> y(std::size_t{48} * kCells);
  kernels::ConvCall<T> call{};
  call.x = blocked_a.data();
  call.weights = laid_out.data();
  call.bias = bias.data();
  call.alpha = 0.2F;
  call.y = y.data();
  call.normalised = blocked_x.data();
  call.statistics = statistics.data();
  call.repeat = kFactor;
  const auto plan = ops::MakePlan(method, {2, kHeight, kWidth, 16}, kChannels, 1, with_beta);
  ops::ConvRunner<T>(kernels::CpuKernelsOf(isa)).Run({}, plan, call);
  double error = 0, scale = 0;
  for (int channel = 0; channel < kChannels; channel++) {
    const Moments moments = MomentsOf(x, channel, kSmall);
    for (int cell = 0; cell < kCells; cell += 7) {
      const int row = cell / kWidth, column = cell % kWidth;
      const double normal =
          (At(x, channel * kSmall + row / kFactor * (kWidth / kFactor) + column / kFactor) - moments.mean) *
          moments.scale;
      const double gamma = Convolved(a, w, channel, row, column) + At(bias, channel);
      const double beta =
          with_beta ? Convolved(a, w, kChannels + channel, row, column) + At(bias, 48 + channel) : 0;
      const double value = normal * gamma + beta, wanted = std::max(value, 0.2 * value);
      const double got = static_cast<double>(
          ToFloat(y[static_cast<std::size_t>((channel / 16 * kCells + cell) * 16 + channel % 16)]));
      error += std::pow(got - wanted, 2);
      scale += wanted * wanted;
    }
  }
  return std::sqrt(error / scale);
}

}  // namespace

TEST_CASE("SPADE equals float64 arithmetic, with every instruction set") {
  for (const kernels::Isa isa : Isas()) {
    CAPTURE(kernels::IsaName(isa));
    for (const Method method : {Method::kWinograd2, Method::kWinograd4}) {
      for (const bool with_beta : {true, false}) {
        CHECK(SpadeError<float>(isa, method, with_beta) < 4e-6);
        if (kernels::CpuKernelsOf(isa).of_bf16.multiplies)
          CHECK(SpadeError<Bf16>(isa, method, with_beta) < 3e-2);
      }
    }
  }
}

TEST_CASE("statistics hold for one cell, for many and for a mean far from zero") {
  for (const kernels::Isa isa : Isas()) {
    for (const std::int64_t cells : {1, 63, 10000}) {
      auto x = RandomFloats(static_cast<std::size_t>(20 * cells), 9);
      for (float& value : x) value += 30;
      const auto blocked = Blocked<float>(x, 20, cells);
      std::vector<float> statistics(64);
      for (int block = 0; block < 2; block++)
        kernels::CpuKernelsOf(isa).of_float.statistics(blocked.data(), statistics.data(), cells, 1e-5F,
                                                       block);
      for (const int channel : {0, 5, 19}) {
        const Moments wanted = MomentsOf(x, channel, cells);
        const int at = channel / 16 * 32 + channel % 16;
        CHECK(At(statistics, at) == doctest::Approx(wanted.mean).epsilon(1e-6));
        CHECK(At(statistics, at + 16) == doctest::Approx(wanted.scale).epsilon(1e-4));
      }
    }
  }
}

TEST_CASE("blocking there and back gives the same values, whatever the channels") {
  for (const kernels::Isa isa : Isas()) {
    const kernels::CpuKernels& table = kernels::CpuKernelsOf(isa);
    for (const int channels : {1, 16, 22}) {
      const std::int64_t cells = 2 * table.piece_cells + 3, pieces = 3, blocks = (channels + 15) / 16;
      auto x = RandomFloats(static_cast<std::size_t>(channels * cells), 11);
      const auto wanted = Blocked<float>(x, channels, cells);
      std::vector<float> laid_out(wanted.size(), 7.0F), back(x.size());
      for (std::int64_t piece = 0; piece < blocks * pieces; piece++)
        table.of_float.block.block(x.data(), laid_out.data(), channels, cells, piece);
      CHECK(laid_out == wanted);
      for (std::int64_t piece = 0; piece < blocks * pieces; piece++)
        table.of_float.block.unblock(laid_out.data(), back.data(), channels, cells, piece);
      CHECK(back == x);
      std::vector<Bf16> halves(wanted.size());
      for (std::int64_t piece = 0; piece < blocks * pieces; piece++)
        table.of_bf16.block.block(x.data(), halves.data(), channels, cells, piece);
      const auto rounded = Blocked<Bf16>(x, channels, cells);
      CHECK(std::equal(halves.begin(), halves.end(), rounded.begin(),
                       [](Bf16 a, Bf16 b) { return a.bits == b.bits; }));
    }
  }
}
