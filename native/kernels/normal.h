// Standard normal floats from Philox by the method of Box and Muller, the same bits on every device.
//
// Traps: libm's log, sin and cos differ between devices, so they are computed here from + - * / and sqrt,
// whose rounding IEEE 754 defines. The uniform is float(word) * 2^-32 + 2^-33, so its logarithm is finite and
// the largest normal is sqrt(66 ln 2) = 6.76.
#pragma once

#include <cmath>
#include <cstring>

#include "kernels/kernel.h"
#include "kernels/philox.h"

namespace kdtalker::kernels {

// ln(x) for normal positive floats: x = m 2^e with m in [sqrt(1/2), sqrt(2)), ln m = 2 atanh((m - 1) / (m +
// 1)). Truncating the series after s^9 leaves 2e-9.
KDT_HOST_DEVICE float PortableLog(float x) {
  std::uint32_t bits;
  memcpy(&bits, &x, sizeof(bits));
  const std::uint32_t shifted = bits - 0x3F3504F3U;  // bits of sqrt(1/2)
  const std::int32_t exponent = static_cast<std::int32_t>(shifted) >> 23;
  bits = (shifted & 0x007FFFFFU) + 0x3F3504F3U;
  float m;
  memcpy(&m, &bits, sizeof(m));
  const float s = (m - 1.0F) / (m + 1.0F);
  const float q = s * s;
  const float series = q * (2.0F / 3.0F + q * (2.0F / 5.0F + q * (2.0F / 7.0F + q * (2.0F / 9.0F))));
  const float e = static_cast<float>(exponent);
  // ln 2 in two parts; the first has zeros at its end, so e times it is exact.
  return e * 0.693145752F + (e * 1.42860677e-6F + (s * series + 2.0F * s));
}

struct SinCos {
  float sin, cos;
};

// Sine and cosine of an angle of at most an eighth of a turn, by Taylor's series (error below 2e-9).
KDT_HOST_DEVICE SinCos SmallSinCos(float angle) {
  const float q = angle * angle;
  const float sin_tail =
      q * (-1.0F / 6.0F + q * (1.0F / 120.0F + q * (-1.0F / 5040.0F + q * (1.0F / 362880.0F))));
  const float cos_tail =
      q *
      (-0.5F + q * (1.0F / 24.0F + q * (-1.0F / 720.0F + q * (1.0F / 40320.0F + q * (-1.0F / 3628800.0F)))));
  return {angle + angle * sin_tail, 1.0F + cos_tail};
}

// Sine and cosine of turn / 2^32 turns. The nearest quarter turn is subtracted in integers, so the reduction
// is exact.
KDT_HOST_DEVICE SinCos PortableSinCos(std::uint32_t turn) {
  const std::uint32_t quarter = (turn + 0x20000000U) >> 30;
  const std::int32_t rest = static_cast<std::int32_t>(turn - (quarter << 30));
  const SinCos base = SmallSinCos(static_cast<float>(rest) * 1.46291808e-9F);  // 2 pi / 2^32
  switch (quarter) {
    case 0:
      return base;
    case 1:
      return {base.cos, -base.sin};
    case 2:
      return {-base.sin, -base.cos};
    default:
      return {-base.cos, base.sin};
  }
}

// Two independent normals from two words.
KDT_HOST_DEVICE void BoxMuller(std::uint32_t length_word, std::uint32_t angle_word, float* out) {
  const float uniform = static_cast<float>(length_word) * 0x1p-32F + 0x1p-33F;  // (0, 1]
  const float radius = std::sqrt(-2.0F * PortableLog(uniform));
  const SinCos direction = PortableSinCos(angle_word);
  out[0] = radius * direction.cos;
  out[1] = radius * direction.sin;
}

// Fills out[0, length) with normals. One index makes four: the counter's words are the index, the window, the
// step and the purpose, so the noise of windows and of steps is independent.
struct FillNormal {
  float* out;  // [length]
  std::int64_t length;
  std::uint64_t seed;
  std::uint32_t window;
  std::uint32_t step;  // 0 for the initial noise
  NoisePurpose purpose;

  KDT_HOST_DEVICE std::int64_t count() const { return (length + 3) / 4; }

  KDT_HOST_DEVICE void operator()(std::int64_t i) const {
    const PhiloxBlock counter = {
        {static_cast<std::uint32_t>(i), window, step, static_cast<std::uint32_t>(purpose)}};
    const PhiloxBlock words = Philox(counter, seed);
    float normals[4];
    BoxMuller(words.word[0], words.word[1], normals);
    BoxMuller(words.word[2], words.word[3], normals + 2);
    for (std::int64_t k = 0; k < 4 && 4 * i + k < length; k++) out[4 * i + k] = normals[k];
  }
};

// The seed and the window of a noise, on the device, so that a captured sampling serves all windows.
struct SetNoiseKey {
  std::int64_t* key;  // [2]: the seed's bits, the window
  std::uint64_t seed;
  std::uint32_t window;

  KDT_HOST_DEVICE std::int64_t count() const { return 1; }
  KDT_HOST_DEVICE void operator()(std::int64_t) const {
    key[0] = static_cast<std::int64_t>(seed);
    key[1] = static_cast<std::int64_t>(window);
  }
};

// Fills out[0, length) with the noise of a step.
struct FillStepNormal {
  float* out;               // [length]
  const std::int64_t* key;  // of SetNoiseKey
  std::int64_t length;
  std::uint32_t step;

  KDT_HOST_DEVICE std::int64_t count() const { return (length + 3) / 4; }
  KDT_HOST_DEVICE void operator()(std::int64_t i) const {
    FillNormal{out,
               length,
               static_cast<std::uint64_t>(key[0]),
               static_cast<std::uint32_t>(key[1]),
               step,
               NoisePurpose::kStep}(i);
  }
};

}  // namespace kdtalker::kernels
