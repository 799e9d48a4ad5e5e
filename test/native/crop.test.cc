#include "stages/crop.h"

#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

namespace {

using kdtalker::stages::Border;
using kdtalker::stages::MutablePicture;
using kdtalker::stages::Picture;
using kdtalker::stages::WarpPicture;

using Bytes = std::vector<std::uint8_t>;

constexpr double kIdentity[6] = {1, 0, 0, 0, 1, 0};

/// Level 10 * (x + 1) + 40 * y in the first channel, half of it in the second, a constant in the third.
Bytes Ramp(int width, int height) {
  Bytes bytes;
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      const int level = 10 * (x + 1) + 40 * y;
      bytes.push_back(static_cast<std::uint8_t>(level));
      bytes.push_back(static_cast<std::uint8_t>(level / 2));
      bytes.push_back(200);
    }
  }
  return bytes;
}

Bytes Warp(const Bytes& bytes, int width, int height, const double matrix[6], int out_width, int out_height,
           Border border) {
  Bytes out(static_cast<std::size_t>(out_width) * static_cast<std::size_t>(out_height) * 3, 77);
  WarpPicture({bytes.data(), width, height}, matrix, {out.data(), out_width, out_height}, border);
  return out;
}

int FirstChannel(const Bytes& bytes, std::size_t pixel) {
  return bytes[pixel * 3];
}

}  // namespace

TEST_CASE("the identity copies the picture with either border") {
  const Bytes ramp = Ramp(4, 3);
  CHECK(Warp(ramp, 4, 3, kIdentity, 4, 3, Border::kBlack) == ramp);
  CHECK(Warp(ramp, 4, 3, kIdentity, 4, 3, Border::kReplicate) == ramp);
}

TEST_CASE("samples between pixels are the weighted mean") {
  const double matrix[6] = {1, 0, 0.25, 0, 1, 0.5};
  const Bytes out = Warp(Ramp(4, 3), 4, 3, matrix, 2, 1, Border::kBlack);
  CHECK(FirstChannel(out, 0) == 33);  // 10 + 2.5 + 20 = 32.5, rounded up
  CHECK(FirstChannel(out, 1) == 43);
  CHECK(out[2] == 200);
}

TEST_CASE("a quarter turn moves rows to columns") {
  const double matrix[6] = {0, 1, 0, -1, 0, 2};  // out (i, j) is in (j, 2 - i)
  const Bytes out = Warp(Ramp(4, 3), 4, 3, matrix, 3, 4, Border::kBlack);
  CHECK(FirstChannel(out, 0) == 90);
  CHECK(FirstChannel(out, 2) == 10);
  CHECK(FirstChannel(out, 3 * 3 + 0) == 120);
}

TEST_CASE("outside is black one tap at a time, or the edge") {
  const double matrix[6] = {1, 0, -1.5, 0, 1, 0};
  const Bytes ramp = Ramp(4, 3);
  const Bytes black = Warp(ramp, 4, 3, matrix, 7, 1, Border::kBlack);
  const Bytes replicate = Warp(ramp, 4, 3, matrix, 7, 1, Border::kReplicate);
  const int expected_black[7] = {0, 5, 15, 25, 35, 20, 0};
  const int expected_replicate[7] = {10, 10, 15, 25, 35, 40, 40};
  for (std::size_t i = 0; i < 7; ++i) {
    CHECK(FirstChannel(black, i) == expected_black[i]);
    CHECK(FirstChannel(replicate, i) == expected_replicate[i]);
  }
}

TEST_CASE("the last row and column and a picture of one pixel stay inside the memory") {
  const Bytes pixel = {50, 60, 70};
  const double matrix[6] = {0.3, 0.1, -0.4, -0.1, 0.3, 0.2};
  const Bytes replicate = Warp(pixel, 1, 1, matrix, 5, 5, Border::kReplicate);
  for (std::size_t i = 0; i < 25; ++i) CHECK(FirstChannel(replicate, i) == 50);
  const double edge[6] = {1, 0, 3, 0, 1, 2};
  CHECK(FirstChannel(Warp(Ramp(4, 3), 4, 3, edge, 1, 1, Border::kBlack), 0) == 120);
}

TEST_CASE("coordinates that are not finite or far away do not read outside") {
  const double inf = std::numeric_limits<double>::infinity();
  const double nan = std::numeric_limits<double>::quiet_NaN();
  for (const double bad : {nan, inf, -inf, 1e300, -1e300}) {
    const double matrix[6] = {1, 0, bad, 0, 1, bad};
    CHECK(FirstChannel(Warp(Ramp(4, 3), 4, 3, matrix, 2, 2, Border::kBlack), 0) == 0);
    CHECK(FirstChannel(Warp(Ramp(4, 3), 4, 3, matrix, 2, 2, Border::kReplicate), 0) >= 10);
  }
}
