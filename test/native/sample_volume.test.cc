#include <doctest/doctest.h>

#include <limits>

#include "warp.h"

namespace {

using namespace warp;

constexpr std::int64_t kFeatures = 32;

// Places inside the volume, at its faces and outside, and values that are no places.
std::vector<float> Deformation() {
  Random random(31);
  auto places = random.Floats(3 * kCells, 1.15F);
  const float odd[] = {-1.0F,
                       1.0F,
                       1.0F + 1.0F / 64,
                       -1.0F - 1.0F / 16,
                       7.0F,
                       -1e9F,
                       3e38F,
                       std::numeric_limits<float>::infinity(),
                       std::numeric_limits<float>::quiet_NaN()};
  for (std::size_t i = 0; i < 3 * std::size(odd); i++) places[3 * 7 * i + i % 3] = odd[i % std::size(odd)];
  return places;
}

template <class T>
Deviation Compare(const CpuKernels& table) {
  const auto volume = Random(32).Floats(kFeatures * kCells);
  const auto places = Deformation();
  std::vector<T> out(static_cast<std::size_t>(kFeatures * kCells), T{});
  for (std::int64_t i = 0; i < kSide; i++)
    Of<T>(table).sample_volume(volume.data(), places.data(), out.data(), i);
  Deviation deviation;
  for (std::int64_t cell = 0; cell < kCells; cell += cell < 600 ? 1 : 37) {
    const auto feature = static_cast<std::size_t>(cell % kFeatures);
    const auto value = [&](std::int64_t z, std::int64_t y, std::int64_t x) {
      const auto at = static_cast<std::size_t>((z * kSide + y) * kSide + x);
      return Inside(z, y, x) ? Value(volume[at * kFeatures + feature]) : 0.0;
    };
    const float* place = &places[static_cast<std::size_t>(3 * cell)];
    const std::int64_t z = cell / (kSide * kSide), within = cell % (kSide * kSide);
    const T got =
        out[(feature * kSide * kSide + static_cast<std::size_t>(within)) * 16 + static_cast<std::size_t>(z)];
    deviation.Add(Value(got), Sample(value, Value(place[0]), Value(place[1]), Value(place[2])));
  }
  return deviation;
}

}  // namespace

TEST_CASE("the feature volume is sampled as the definition says, on every instruction set") {
  for (const CpuKernels* table : Tables()) {
    INFO(kdtalker::kernels::IsaName(table->isa));
    CHECK(Compare<float>(*table).worst() < 3e-5);
    CHECK(Compare<Bf16>(*table).worst() < 4e-3);
  }
}

TEST_CASE("a volume's channels come to lie side by side") {
  const auto x = Random(33).Floats(3 * 70);
  for (const CpuKernels* table : Tables()) {
    std::vector<float> y(x.size(), -1.0F);
    table->warp_float.cells_first(x.data(), y.data(), 3, 70, 0, 32);
    table->warp_float.cells_first(x.data(), y.data(), 3, 70, 32, 70);
    for (std::size_t cell = 0; cell < 70; cell++) {
      for (std::size_t channel = 0; channel < 3; channel++)
        CHECK(y[cell * 3 + channel] == x[channel * 70 + cell]);
    }
  }
}
