// The picture of a crop, moved by a field.
#include "kernels/warp_crop.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

#include "launch.h"

namespace {

using kdtalker::kernels::WarpCrop;

constexpr std::int64_t kWidth = 72, kHeight = 40, kColumns = 36, kRows = 20;
constexpr std::int64_t kArea = kWidth * kHeight, kCells = kColumns * kRows;

float At(const std::vector<float>& values, std::int64_t i) {
  return values[static_cast<std::size_t>(i)];
}

std::vector<float> Picture() {
  std::vector<float> picture;
  for (int i = 0; i < 3 * kArea; i++) picture.push_back(static_cast<float>(i * 37 % 256) / 255.0F);
  return picture;
}

// The same in every cell.
std::vector<float> Even(const std::array<float, 6>& cell) {
  std::vector<float> field;
  for (const float value : cell) field.insert(field.end(), kCells, value);
  return field;
}

std::vector<float> Moved(const std::vector<float>& picture, const std::vector<float>& field) {
  std::vector<float> out(picture.size());
  Run(WarpCrop{picture.data(), field.data(), out.data(), kWidth, kHeight, kColumns, kRows});
  return out;
}

// Linear between the middles of things of a size, of which the border counts beyond.
double Between(const std::vector<float>& values, std::int64_t from, std::int64_t columns, std::int64_t rows,
               double x, double y) {
  x = std::clamp(x, 0.0, static_cast<double>(columns - 1));
  y = std::clamp(y, 0.0, static_cast<double>(rows - 1));
  const auto left = static_cast<std::int64_t>(x), top = static_cast<std::int64_t>(y);
  const std::int64_t right = std::min(left + 1, columns - 1), bottom = std::min(top + 1, rows - 1);
  const double across = x - static_cast<double>(left), along = y - static_cast<double>(top);
  const auto row = [&](std::int64_t at) {
    return At(values, from + at * columns + left) * (1 - across) +
           At(values, from + at * columns + right) * across;
  };
  return row(top) * (1 - along) + row(bottom) * along;
}

double Expected(const std::vector<float>& picture, const std::vector<float>& field, int colour,
                std::int64_t x, std::int64_t y) {
  const auto place = [](std::int64_t at, std::int64_t size, std::int64_t cells) {
    return (static_cast<double>(at) + 0.5) * static_cast<double>(cells) / static_cast<double>(size) - 0.5;
  };
  std::array<double, 6> cell{};
  for (std::size_t c = 0; c < cell.size(); c++) {
    cell[c] = Between(field, static_cast<std::int64_t>(c) * kCells, kColumns, kRows,
                      place(x, kWidth, kColumns), place(y, kHeight, kRows));
  }
  const double from_x = static_cast<double>(x) + cell[0] * kWidth / 2;
  const double from_y = static_cast<double>(y) + cell[1] * kHeight / 2;
  return Between(picture, colour * kArea, kWidth, kHeight, from_x, from_y) * cell[2] +
         cell[static_cast<std::size_t>(3 + colour)];
}

TEST_CASE("a field at rest leaves each value of a crop") {
  const std::vector<float> picture = Picture();
  CHECK(Moved(picture, Even({0, 0, 1, 0, 0, 0})) == picture);
}

TEST_CASE("a crop moves by whole pixels, up to its border") {
  const std::vector<float> picture = Picture();
  const std::vector<float> moved = Moved(picture, Even({6.0F / kWidth, -4.0F / kHeight, 1, 0, 0, 0}));
  for (std::int64_t y = 0; y < kHeight; y++) {
    for (std::int64_t x = 0; x < kWidth; x++) {
      const std::int64_t from = std::max<std::int64_t>(y - 2, 0) * kWidth + std::min(x + 3, kWidth - 1);
      REQUIRE(At(moved, y * kWidth + x) == doctest::Approx(At(picture, from)).epsilon(1e-5));
    }
  }
}

TEST_CASE("a field that differs from cell to cell, with light taken and added") {
  const std::vector<float> picture = Picture();
  std::vector<float> field = Even({0, 0, 1, 0, 0, 0});
  for (std::int64_t i = 0; i < kCells; i++) {
    const auto cell = static_cast<std::size_t>(i);
    const double x = static_cast<double>(i % kColumns), y = static_cast<double>(i / kColumns);
    field[cell] = static_cast<float>(0.2 * std::sin(0.3 * x + 0.1 * y));
    field[cell + kCells] = static_cast<float>(0.3 * std::cos(0.2 * x - 0.4 * y));
    if (i % kColumns < 20) continue;  // a block at rest beside painted ones
    field[cell + 2 * kCells] = static_cast<float>(0.5 + 0.5 * std::sin(x));
    for (std::size_t c = 3; c < 6; c++) field[cell + c * kCells] = 0.01F * static_cast<float>(i % 30);
  }
  const std::vector<float> moved = Moved(picture, field);
  for (std::int64_t i = 0; i < 3 * kArea; i++) {
    const int colour = static_cast<int>(i / kArea);
    const double expected = Expected(picture, field, colour, i % kWidth, i % kArea / kWidth);
    REQUIRE(std::abs(At(moved, i) - expected) < 2e-5);
  }
}

TEST_CASE("a field that is no number moves nothing beyond the buffers") {
  const float none = std::numeric_limits<float>::quiet_NaN(), far = std::numeric_limits<float>::infinity();
  const std::vector<float> picture = Picture();
  for (const float value : {none, far, -far, 1e30F}) {
    const std::vector<float> moved = Moved(picture, Even({value, value, 1, 0, 0, 0}));
    CHECK(std::find(picture.begin(), picture.end(), moved[0]) != picture.end());
  }
}

}  // namespace
