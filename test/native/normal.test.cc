#include "kernels/normal.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <numbers>
#include <vector>

#include "kernels/philox.h"
#include "launch.h"

namespace {

using namespace kdtalker::kernels;

std::vector<float> Normals(std::int64_t length, std::uint64_t seed, std::uint32_t window = 0,
                           std::uint32_t step = 0, NoisePurpose purpose = NoisePurpose::kInitial) {
  std::vector<float> out(static_cast<std::size_t>(length));
  Run(FillNormal{out.data(), length, seed, window, step, purpose});
  return out;
}

double Correlation(const std::vector<float>& a, const std::vector<float>& b) {
  double ab = 0, aa = 0, bb = 0;
  for (std::size_t i = 0; i < a.size(); i++) {
    ab += static_cast<double>(a[i]) * b[i];
    aa += static_cast<double>(a[i]) * a[i];
    bb += static_cast<double>(b[i]) * b[i];
  }
  return ab / std::sqrt(aa * bb);
}

double Moment(const std::vector<float>& values, int power) {
  double sum = 0;
  for (const float v : values) sum += std::pow(static_cast<double>(v), power);
  return sum / static_cast<double>(values.size());
}

struct KnownAnswer {
  PhiloxBlock counter;
  std::uint64_t seed;
  PhiloxBlock words;
};

}  // namespace

TEST_CASE("philox gives Random123's known answers") {
  const KnownAnswer answers[] = {
      {{{0, 0, 0, 0}}, 0, {{0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8}}},
      {{{~0U, ~0U, ~0U, ~0U}}, ~std::uint64_t{0}, {{0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD}}},
      {{{0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344}},
       0x299F31D0A4093822,
       {{0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1}}},
  };
  for (const KnownAnswer& answer : answers) {
    const PhiloxBlock words = Philox(answer.counter, answer.seed);
    for (int i = 0; i < 4; i++) CHECK(words.word[i] == answer.words.word[i]);
  }
}

TEST_CASE("the portable logarithm is libm's to float accuracy") {
  double largest = 0;
  for (std::uint32_t word = 0; word < 0xFFFF0000U; word += 40503U) {
    const float x = static_cast<float>(word) * 0x1p-32F + 0x1p-33F;
    const double wanted = std::log(static_cast<double>(x));
    const double error = std::abs(static_cast<double>(PortableLog(x)) - wanted);
    largest = std::max(largest, error / std::max(1e-7, std::abs(wanted)));
  }
  MESSAGE("log: largest relative error " << largest);
  CHECK(largest < 3e-7);
  CHECK(PortableLog(1.0F) == 0.0F);
  CHECK(static_cast<double>(PortableLog(0x1p-33F)) == doctest::Approx(-33 * std::numbers::ln2).epsilon(1e-7));
}

TEST_CASE("the portable sine and cosine are libm's to float accuracy") {
  double largest = 0;
  for (std::uint64_t turn = 0; turn <= 0xFFFFFFFFU; turn += 40503U) {
    const double angle = 2.0 * std::numbers::pi * static_cast<double>(turn) / 4294967296.0;
    const SinCos got = PortableSinCos(static_cast<std::uint32_t>(turn));
    largest = std::max(largest, std::abs(static_cast<double>(got.sin) - std::sin(angle)));
    largest = std::max(largest, std::abs(static_cast<double>(got.cos) - std::cos(angle)));
  }
  MESSAGE("sin, cos: largest error " << largest);
  CHECK(largest < 1.2e-7);
}

TEST_CASE("normals have the moments of N(0, 1)") {
  const std::int64_t n = 1 << 21;
  const std::vector<float> values = Normals(n, 11);
  const double deviation = 1.0 / std::sqrt(static_cast<double>(n));
  CHECK(std::abs(Moment(values, 1)) < 4 * deviation);
  CHECK(std::abs(Moment(values, 2) - 1) < 4 * std::sqrt(2.0) * deviation);
  CHECK(std::abs(Moment(values, 3)) < 4 * std::sqrt(15.0) * deviation);
  CHECK(std::abs(Moment(values, 4) - 3) < 4 * std::sqrt(96.0) * deviation);
}

TEST_CASE("normals have the tails of N(0, 1)") {
  const std::int64_t n = 1 << 21;
  const std::vector<float> values = Normals(n, 12);
  for (const double edge : {1.0, 2.0, 3.0, 4.0}) {
    const double expected = std::erfc(edge / std::numbers::sqrt2) * static_cast<double>(n);
    const auto beyond =
        std::count_if(values.begin(), values.end(), [&](float v) { return std::abs(v) > edge; });
    CHECK(std::abs(static_cast<double>(beyond) - expected) < 4 * std::sqrt(expected));
  }
  float largest[2];
  BoxMuller(0, 0, largest);  // the smallest uniform
  CHECK(static_cast<double>(largest[0]) == doctest::Approx(std::sqrt(66 * std::numbers::ln2)));
  float least[2];
  BoxMuller(~0U, 0, least);
  CHECK(least[0] == 0.0F);
}

TEST_CASE("no two streams are alike") {
  const std::int64_t n = 4480;
  const std::vector<std::vector<float>> streams = {
      Normals(n, 1),          Normals(n, 2),
      Normals(n, 1ULL << 32), Normals(n, 1, 1),
      Normals(n, 1, 0, 1),    Normals(n, 1, 0, 0, NoisePurpose::kStep),
      Normals(n, 1, 1, 1),    Normals(n, 1, 0, 1, NoisePurpose::kStep)};
  for (std::size_t a = 0; a < streams.size(); a++) {
    for (std::size_t b = 0; b < a; b++) CHECK(std::abs(Correlation(streams[a], streams[b])) < 0.07);
  }
}

TEST_CASE("a shorter fill is the beginning of a longer one, and nothing is written past it") {
  std::vector<float> longer = Normals(70, 3);
  for (std::int64_t length : {1, 2, 3, 4, 5, 69}) {
    std::vector<float> out(70, -100.0F);
    Run(FillNormal{out.data(), length, 3, 0, 0, NoisePurpose::kInitial});
    for (std::int64_t i = 0; i < 70; i++) {
      const auto at = static_cast<std::size_t>(i);
      CHECK(out[at] == (i < length ? longer[at] : -100.0F));
    }
  }
}

TEST_CASE("a seed's normals are these bits on every device and compiler") {
  const std::vector<float> values = Normals(4480, 7, 2, 3, NoisePurpose::kStep);
  std::uint32_t hash = 2166136261U;  // FNV-1a over the floats' bits
  for (const float v : values) {
    std::uint32_t bits;
    std::memcpy(&bits, &v, sizeof(bits));
    hash = (hash ^ bits) * 16777619U;
  }
  CHECK(hash == 643576935U);
}
