#include "stages/crop.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace kdtalker::stages {
namespace {

constexpr int kChannels = 3;

/// A coordinate split into the index before it and the weight of the index after it.
struct Tap {
  int index;
  float weight;
};

Tap Split(double position) {
  const double before = std::floor(position);
  return {static_cast<int>(before), static_cast<float>(position - before)};
}

/// A clamped coordinate gives the same result as an edge pixel repeated without end. NaN becomes 0.
Tap SplitClamped(double position, int size) {
  const double inside = std::fmin(std::fmax(position, 0.0), static_cast<double>(size - 1));
  return Split(inside);
}

std::uint8_t Round(float level) {
  return static_cast<std::uint8_t>(level + 0.5F);
}

const std::uint8_t* PixelAt(const Picture& in, int x, int y) {
  return in.data + (static_cast<std::ptrdiff_t>(y) * in.width + x) * kChannels;
}

void Blend(const std::uint8_t* const corner[4], float right, float below, std::uint8_t* pixel) {
  for (int c = 0; c < kChannels; ++c) {
    const float top =
        static_cast<float>(corner[0][c]) * (1.0F - right) + static_cast<float>(corner[1][c]) * right;
    const float bottom =
        static_cast<float>(corner[2][c]) * (1.0F - right) + static_cast<float>(corner[3][c]) * right;
    pixel[c] = Round(top * (1.0F - below) + bottom * below);
  }
}

void SampleReplicate(const Picture& in, double x, double y, std::uint8_t* pixel) {
  const Tap column = SplitClamped(x, in.width);
  const Tap row = SplitClamped(y, in.height);
  const std::ptrdiff_t right = column.index + 1 < in.width ? kChannels : 0;
  const std::ptrdiff_t below =
      row.index + 1 < in.height ? static_cast<std::ptrdiff_t>(in.width) * kChannels : 0;
  const std::uint8_t* first = PixelAt(in, column.index, row.index);
  const std::uint8_t* const corner[4] = {first, first + right, first + below, first + below + right};
  Blend(corner, column.weight, row.weight, pixel);
}

void SampleBlack(const Picture& in, double x, double y, std::uint8_t* pixel) {
  static constexpr std::uint8_t kBlackPixel[kChannels] = {0, 0, 0};
  // This form of the comparison treats NaN as outside.
  const bool touches = x > -1.0 && x < in.width && y > -1.0 && y < in.height;
  if (!touches) {
    std::copy_n(kBlackPixel, kChannels, pixel);
    return;
  }
  const Tap column = Split(x);
  const Tap row = Split(y);
  const auto tap = [&](int dx, int dy) {
    const int tap_x = column.index + dx;
    const int tap_y = row.index + dy;
    const bool inside = tap_x >= 0 && tap_x < in.width && tap_y >= 0 && tap_y < in.height;
    return inside ? PixelAt(in, tap_x, tap_y) : kBlackPixel;
  };
  const std::uint8_t* const corner[4] = {tap(0, 0), tap(1, 0), tap(0, 1), tap(1, 1)};
  Blend(corner, column.weight, row.weight, pixel);
}

/// One loop for each kind of border: the choice is made once, not for each pixel.
template <typename Sample>
void WarpRows(const double matrix[6], const MutablePicture& out, Sample sample) {
  std::uint8_t* pixel = out.data;
  for (int j = 0; j < out.height; ++j) {
    const double row_x = matrix[1] * j + matrix[2];
    const double row_y = matrix[4] * j + matrix[5];
    for (int i = 0; i < out.width; ++i, pixel += kChannels) {
      sample(matrix[0] * i + row_x, matrix[3] * i + row_y, pixel);
    }
  }
}

}  // namespace

void WarpPicture(const Picture& in, const double matrix[6], const MutablePicture& out, Border border) {
  if (border == Border::kReplicate) {
    WarpRows(matrix, out,
             [&in](double x, double y, std::uint8_t* pixel) { SampleReplicate(in, x, y, pixel); });
  } else {
    WarpRows(matrix, out, [&in](double x, double y, std::uint8_t* pixel) { SampleBlack(in, x, y, pixel); });
  }
}

}  // namespace kdtalker::stages
