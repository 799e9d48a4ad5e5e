// The double's product of tensor cores, in both of its forms: one that any processor has, and one of eight
// floats at a time.
#include <cuda_fp16.h>
#include <doctest/doctest.h>

#include <cstdint>
#include <cstring>
#include <random>

#include "cuda/double/simt/simt.h"

namespace {

struct Operands {
  float d[32][4];
  std::uint32_t a[32][4], b[32][2];

  void Multiply(bool wide) {
    simt::Fragments lanes[32];
    for (int lane = 0; lane < 32; lane++) lanes[lane] = {d[lane], a[lane], b[lane]};
    if (!simt::MultiplyLanes(lanes, wide) && wide) MESSAGE("this processor has no wide form");
  }
};

// Finite halves of all sizes, subnormal ones too.
std::uint32_t TwoHalves(std::mt19937& random) {
  std::uint32_t word = random();
  for (const std::uint32_t exponent : {0x7C00U, 0x7C000000U}) {
    if ((word & exponent) == exponent) word &= ~exponent;
  }
  return word;
}

Operands Drawn(std::mt19937& random) {
  Operands drawn;
  for (int lane = 0; lane < 32; lane++) {
    for (float& value : drawn.d[lane]) value = static_cast<float>(random() % 2001) - 1000;
    for (std::uint32_t& word : drawn.a[lane]) word = TwoHalves(random);
    for (std::uint32_t& word : drawn.b[lane]) word = TwoHalves(random);
  }
  return drawn;
}

TEST_CASE("the product of tensor cores: the same bits in both of the double's forms") {
  std::mt19937 random(3);
  for (int round = 0; round < 200; round++) {
    Operands one = Drawn(random), eight = one;
    one.Multiply(false);
    eight.Multiply(true);
    CHECK(std::memcmp(one.d, eight.d, sizeof(one.d)) == 0);
  }
}

float ValueOf(std::uint32_t word, int part) {
  return __half2float(__ushort_as_half(static_cast<unsigned short>(word >> (16 * part))));
}

// By PTX's description, from the fragments: where row, k and column are.
double ElementOf(const Operands& of, int row, int column) {
  double sum = 0;
  for (int k = 0; k < 16; k++) {
    const int pair = k % 8 / 2;
    const std::uint32_t a = of.a[row % 8 * 4 + pair][row / 8 + k / 8 * 2], b = of.b[column * 4 + pair][k / 8];
    sum += double{ValueOf(a, k % 2)} * double{ValueOf(b, k % 2)};
  }
  return sum;
}

TEST_CASE("the product of tensor cores: elements where PTX says that they are") {
  std::mt19937 random(4);
  Operands drawn = Drawn(random);
  for (auto& lane : drawn.d) std::memset(lane, 0, sizeof(lane));
  const Operands before = drawn;
  drawn.Multiply(true);
  for (int row = 0; row < 16; row++) {
    for (int column = 0; column < 8; column++) {
      const float ours = drawn.d[row % 8 * 4 + column / 2][row / 8 * 2 + column % 2];
      CHECK(double{ours} == doctest::Approx(ElementOf(before, row, column)).epsilon(1e-4));
    }
  }
}

}  // namespace
