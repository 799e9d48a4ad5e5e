#include <doctest/doctest.h>

#include "warp.h"

namespace {

using namespace warp;

template <class T>
void Check(const CpuKernels& table, std::int64_t height, std::int64_t width) {
  constexpr std::int64_t kPlanes = 3;
  Random random(51);
  std::vector<T> x(static_cast<std::size_t>(kPlanes * height * width * 16));
  for (T& value : x) Round(random.Next(), &value);
  std::vector<T> y(static_cast<std::size_t>(kPlanes * (height / 2) * (width / 2) * 16), T{});
  for (std::int64_t i = 0; i < kPlanes * (height / 2); i++) {
    Of<T>(table).average_pool(x.data(), y.data(), height, width, i);
  }
  for (std::size_t i = 0; i < y.size(); i++) {
    const auto lane = static_cast<std::int64_t>(i) % 16, cell = static_cast<std::int64_t>(i) / 16;
    const std::int64_t column = cell % (width / 2), row = cell / (width / 2) % (height / 2);
    const std::int64_t plane = cell / (width / 2) / (height / 2);
    double sum = 0;
    for (int corner = 0; corner < 4; corner++) {
      const std::int64_t at = (plane * height + 2 * row + corner / 2) * width + 2 * column + corner % 2;
      sum += Value(x[static_cast<std::size_t>(at * 16 + lane)]);
    }
    CHECK(Value(y[i]) == doctest::Approx(sum / 4).epsilon(sizeof(T) == 4 ? 1e-5 : 5e-3));
  }
}

}  // namespace

TEST_CASE("2x2 cells are averaged, and an odd row or column left out, on every instruction set") {
  for (const CpuKernels* table : Tables()) {
    Check<float>(*table, 4, 6);
    Check<float>(*table, 5, 3);
    Check<Bf16>(*table, 2, 2);
  }
}
