#include <doctest/doctest.h>

#include "kernels/cpu/occlusion_weights.h"
#include "warp.h"

namespace {

using namespace warp;

// 20 channels: a whole block and one with missing channels.
constexpr std::int64_t kChannels = 20, kBlocks = 2;

template <class T>
double Wanted(const std::vector<T>& x, const std::vector<float>& weights, double bias, std::int64_t y,
              std::int64_t column) {
  double sum = bias;
  for (std::int64_t channel = 0; channel < kChannels; channel++) {
    for (std::int64_t i = 0; i < kDepth * 49; i++) {
      const double value = At(x, channel, i / 49, y + i / 7 % 7 - 3, column + i % 7 - 3);
      sum += value * Value(weights[static_cast<std::size_t>(channel * kDepth * 49 + i)]);
    }
  }
  return 1.0 / (1.0 + std::exp(-sum));
}

template <class T>
std::vector<float> Run(const CpuKernels& table, const std::vector<T>& x, const std::vector<float>& weights,
                       float bias) {
  std::vector<float> laid_out(kdtalker::kernels::OcclusionWeightsBytes(kBlocks) / sizeof(float), -1.0F);
  kdtalker::kernels::LayOutOcclusion(weights.data(), kChannels, laid_out.data());
  std::vector<float> sums(4 * kBlocks * kSide * kSide), map(kSide * kSide);
  for (std::int64_t i = 0; i < 4 * kBlocks; i++)
    Of<T>(table).occlusion(x.data(), laid_out.data(), sums.data(), i);
  for (std::int64_t i = 0; i < kSide; i++) {
    table.warp_float.occlusion_map(sums.data(), bias, map.data(), 4 * kBlocks, i);
  }
  return map;
}

template <class T>
void Check(const CpuKernels& table) {
  const auto x = RandomVolume<T>(kBlocks, kChannels, 41);
  const auto weights = Random(42).Floats(kChannels * kDepth * 49, 0.05F);
  const auto map = Run(table, x, weights, 0.3F);
  Deviation deviation;
  for (std::int64_t cell = 0; cell < kSide * kSide; cell += cell < 3 * kSide ? 5 : 61) {
    deviation.Add(Value(map[static_cast<std::size_t>(cell)]),
                  Wanted(x, weights, Value(0.3F), cell / kSide, cell % kSide));
  }
  INFO(kdtalker::kernels::IsaName(table.isa));
  CHECK(deviation.worst() < 1e-6);
}

}  // namespace

TEST_CASE("the occlusion map is that of the definition, on every instruction set") {
  for (const CpuKernels* table : Tables()) {
    Check<float>(*table);
    Check<Bf16>(*table);
  }
}

TEST_CASE("the sigmoid neither overflows nor leaves 0..1") {
  for (const CpuKernels* table : Tables()) {
    std::vector<float> sums(kSide * kSide), map(kSide * kSide);
    const float values[] = {-1e30F, -200.0F, -88.0F, -20.0F, 0.0F, 20.0F, 88.0F, 1e30F};
    std::copy(std::begin(values), std::end(values), sums.begin());
    table->warp_float.occlusion_map(sums.data(), 0.0F, map.data(), 1, 0);
    for (std::size_t i = 0; i < std::size(values); i++) {
      CHECK(Value(map[i]) == doctest::Approx(1.0 / (1.0 + std::exp(-Value(values[i])))).epsilon(1e-6));
    }
  }
}
