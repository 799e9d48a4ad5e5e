#include <cuda_fp16.h>
#include <doctest/doctest.h>

#include <bit>
#include <cmath>
#include <cstdint>

#include "kernels/half.h"

namespace {

// The value of a half by its definition.
double ValueOf(unsigned bits) {
  const int exponent = static_cast<int>(bits >> 10 & 31);
  const double fraction = bits & 1023, sign = (bits & 0x8000) != 0 ? -1 : 1;
  return sign * (exponent == 0 ? std::ldexp(fraction, -24) : std::ldexp(1024 + fraction, exponent - 25));
}

bool IsFinite(unsigned bits) {
  return (bits >> 10 & 31) != 31;
}

unsigned Rounded(float value) {
  const unsigned bits = __half_as_ushort(__float2half_rn(value));
  CHECK(kdtalker::kernels::HalfOf(value).bits == bits);  // of functors
  return bits;
}

TEST_CASE("halves: every half is the float of its definition and comes back") {
  int wrong = 0;
  for (unsigned bits = 0; bits < 65536; bits++) {
    const float value = __half2float(__ushort_as_half(static_cast<unsigned short>(bits)));
    const float ours = kdtalker::kernels::FloatOf({static_cast<std::uint16_t>(bits)});
    wrong += std::bit_cast<std::uint32_t>(ours) == std::bit_cast<std::uint32_t>(value) ? 0 : 1;
    if (IsFinite(bits)) {
      wrong += value == static_cast<float>(ValueOf(bits)) && Rounded(value) == bits ? 0 : 1;
    } else {
      const bool infinite = (bits & 1023) == 0;
      wrong += (infinite ? std::isinf(value) && Rounded(value) == bits : std::isnan(value)) ? 0 : 1;
    }
  }
  CHECK(wrong == 0);
  CHECK(std::isnan(__half2float(__float2half_rn(std::nanf("")))));
}

TEST_CASE("halves: between two halves the nearer one, in the middle the even one") {
  int wrong = 0;
  for (unsigned bits = 0; bits < 0x7BFF; bits++) {
    const auto middle = static_cast<float>((ValueOf(bits) + ValueOf(bits + 1)) / 2);
    wrong += Rounded(middle) == (bits + 1) / 2 * 2 ? 0 : 1;
    wrong += Rounded(std::nextafterf(middle, 0.0F)) == bits ? 0 : 1;
    wrong += Rounded(-std::nextafterf(middle, 1e9F)) == (0x8000 | (bits + 1)) ? 0 : 1;
  }
  CHECK(wrong == 0);
  CHECK(Rounded(65519.9F) == 0x7BFF);
  CHECK(Rounded(65520.0F) == 0x7C00);
  CHECK(Rounded(-1e9F) == 0xFC00);
}

}  // namespace
