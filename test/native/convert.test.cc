#include "kernels/convert.h"

#include <doctest/doctest.h>

#include <array>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <vector>

#include "launch.h"

namespace {

using namespace kdtalker::kernels;
using Floats = std::vector<float>;
using Bytes = std::vector<std::uint8_t>;

Floats Noise(std::int64_t count) {
  Floats values;
  std::uint32_t state = 1;
  for (std::int64_t i = 0; i < count; i++) {
    state = state * 1664525U + 1013904223U;
    values.push_back(static_cast<float>(state >> 8) / 14000000.0F - 0.1F);  // a little outside 0..1 too
  }
  return values;
}

Bytes ToRgb(const Floats& image, std::int64_t width, std::int64_t height) {
  Bytes rgb(image.size());
  Run(PictureToRgb{image.data(), rgb.data(), width, height});
  return rgb;
}

std::array<double, 3> Yuv(double r, double g, double b) {  // BT.709, limited range
  const double y = 0.2126 * r + 0.7152 * g + 0.0722 * b;
  return {16 + 219 * y / 255, 128 + 224 * (b - y) / 1.8556 / 255, 128 + 224 * (r - y) / 1.5748 / 255};
}

// Checks each sample of I420 against the same in float64 from the 8-bit levels.
void CheckI420(std::int64_t width, std::int64_t height) {
  const Floats image = Noise(3 * width * height);
  const Bytes rgb = ToRgb(image, width, height);
  Bytes yuv(static_cast<std::size_t>(PictureToI420::Bytes(width, height)) + 1, 77);
  Run(PictureToI420{image.data(), yuv.data(), width, height});
  CHECK(yuv.back() == 77);
  double largest = 0;
  const auto compare = [&](std::int64_t at, double wanted) {
    largest = std::max(largest, std::abs(wanted - static_cast<double>(yuv[static_cast<std::size_t>(at)])));
  };
  const auto level = [&](std::int64_t x, std::int64_t y, int c) {
    x = std::min(x, width - 1), y = std::min(y, height - 1);
    return static_cast<double>(rgb[static_cast<std::size_t>(3 * (y * width + x) + c)]);
  };
  for (std::int64_t y = 0; y < height; y++) {
    for (std::int64_t x = 0; x < width; x++)
      compare(y * width + x, Yuv(level(x, y, 0), level(x, y, 1), level(x, y, 2))[0]);
  }
  const std::int64_t cw = (width + 1) / 2, ch = (height + 1) / 2;
  for (std::int64_t y = 0; y < ch; y++) {
    for (std::int64_t x = 0; x < cw; x++) {
      double mean[3] = {};
      for (int c = 0; c < 3; c++) {
        for (int k = 0; k < 4; k++) mean[c] += level(2 * x + k % 2, 2 * y + k / 2, c) / 4;
      }
      const std::array<double, 3> wanted = Yuv(mean[0], mean[1], mean[2]);
      compare(width * height + y * cw + x, wanted[1]);
      compare(width * height + cw * ch + y * cw + x, wanted[2]);
    }
  }
  CHECK(largest < 0.51);  // rounded to nearest
}

// NV12 has the bytes of I420, those of its two planes of chroma side by side.
void CheckNv12(std::int64_t width, std::int64_t height) {
  const Floats image = Noise(3 * width * height);
  const auto bytes = static_cast<std::size_t>(PictureToI420::Bytes(width, height));
  Bytes planes(bytes), pairs(bytes + 1, 77);
  Run(PictureToI420{image.data(), planes.data(), width, height});
  Run(PictureToNv12{image.data(), pairs.data(), width, height});
  CHECK(pairs.back() == 77);
  pairs.pop_back();
  const auto luma = static_cast<std::size_t>(width * height), chroma = (bytes - luma) / 2;
  Bytes apart(pairs.begin(), pairs.begin() + static_cast<std::ptrdiff_t>(luma));
  for (std::size_t plane = 0; plane < 2; plane++) {
    for (std::size_t i = 0; i < chroma; i++) apart.push_back(pairs[luma + 2 * i + plane]);
  }
  CHECK(apart == planes);
}

}  // namespace

TEST_CASE("levels are truncated, clamped, and 0 for NaN") {
  CHECK(LevelOf(0.0F) == 0);
  CHECK(LevelOf(1.0F) == 255);
  CHECK(LevelOf(254.9F / 255.0F) == 254);
  CHECK(LevelOf(-3.0F) == 0);
  CHECK(LevelOf(1e30F) == 255);
  CHECK(LevelOf(std::numeric_limits<float>::quiet_NaN()) == 0);
}

TEST_CASE("planar floats become interleaved pixels, whatever the width") {
  for (const std::int64_t width : {1, 63, 64, 65, 130}) {
    const Floats image = Noise(3 * width * 3);
    const Bytes rgb = ToRgb(image, width, 3);
    for (std::size_t i = 0; i < rgb.size(); i++) {
      const float v = image[i % 3 * rgb.size() / 3 + i / 3];
      CHECK(rgb[i] == static_cast<std::uint8_t>(std::floor(255.0F * std::fmin(1.0F, std::fmax(0.0F, v)))));
    }
  }
}

TEST_CASE("4:2:0 is BT.709 of the same pixels, for even and odd sizes") {
  CheckI420(128, 6);
  CheckI420(66, 4);
  CheckI420(7, 5);
  CheckI420(129, 3);
  CheckI420(1, 1);
  CheckNv12(128, 6);
  CheckNv12(7, 5);
  CheckNv12(129, 3);
  CheckNv12(1, 1);
}

TEST_CASE("black, white and grey have neutral chroma and the ends of the range") {
  for (const int level : {0, 1, 127, 254, 255}) {
    const Floats image(3 * 4, (static_cast<float>(level) + 0.5F) / 255.5F);
    Bytes yuv(6);
    Run(PictureToI420{image.data(), yuv.data(), 2, 2});
    const double grey = static_cast<double>(ToRgb(image, 2, 2)[0]);
    CHECK(yuv[0] == static_cast<int>(16.5 + 219 * grey / 255));
    CHECK(yuv[4] == 128);
    CHECK(yuv[5] == 128);
  }
}

TEST_CASE("pixels survive the way in and out") {
  Bytes rgb;
  for (int i = 0; i < 256 * 3; i++) rgb.push_back(static_cast<std::uint8_t>(i * 7 % 256));
  Floats image(rgb.size());
  Run(RgbToPicture{rgb.data(), image.data(), 16, 16});
  CHECK(image[1] == static_cast<float>(rgb[3]) / 255.0F);
  CHECK(image[256 + 16] == static_cast<float>(rgb[16 * 3 + 1]) / 255.0F);
  for (float& v : image)
    v += 1e-6F;  // level / 255 * 255 may fall short of the level, and levels are truncated
  CHECK(ToRgb(image, 16, 16) == rgb);
}

TEST_CASE("shrinking takes the mean of each box; factor 1 copies") {
  const Floats image = Noise(3 * 6 * 4);
  Floats same(image.size());
  Run(ShrinkPicture{image.data(), same.data(), 6, 4, 1});
  CHECK(same == image);
  Floats half(3 * 3 * 2);
  Run(ShrinkPicture{image.data(), half.data(), 6, 4, 2});
  for (std::size_t i = 0; i < half.size(); i++) {
    const std::size_t plane = i / 6, y = i % 6 / 3, x = i % 3;
    const float* box = &image[plane * 24 + y * 12 + x * 2];
    CHECK(half[i] == doctest::Approx((box[0] + box[1] + box[6] + box[7]) / 4));
  }
}
