// Converts a rectangle of a picture to 4:2:0; the other pixels are already converted. The same levels give
// the same bytes as in PictureTo420 (convert.h).
#pragma once

#include "kernels/convert.h"

namespace kdtalker::kernels {

// One index is a pair of rows. As in PictureTo420, odd sides repeat the last row and column.
template <int kStep>
struct RgbTo420 {
  const std::uint8_t* rgb;  // [height, width, 3]
  std::uint8_t* out;        // PictureToI420::Bytes(width, height)
  std::int64_t width;
  std::int64_t height;
  std::int64_t first;  // pair of rows
  std::int64_t pairs;
  std::int64_t left;     // even
  std::int64_t columns;  // even, or up to the last column

  KDT_HOST_DEVICE std::int64_t count() const { return pairs; }

  KDT_HOST_DEVICE void operator()(std::int64_t i) const {
    for (std::int64_t x = left; x < left + columns; x += kColumnBlock) {
      const std::int64_t rest = left + columns - x;
      Block<kColumnBlock>(first + i, x, static_cast<int>(rest < kColumnBlock ? rest : kColumnBlock));
    }
  }

  // A piece is four pixels with one chroma.
  KDT_HOST_DEVICE std::int64_t pieces() const { return pairs * ((columns + 1) / 2); }
  KDT_HOST_DEVICE void Piece(std::int64_t i) const {
    const std::int64_t across = (columns + 1) / 2, x = 2 * (i % across);
    Block<2>(first + i / across, left + x, x + 1 < columns ? 2 : 1);
  }

 private:
  template <int kMost>
  KDT_HOST_DEVICE void Block(std::int64_t pair, std::int64_t x, int count) const {
    std::int32_t sum[3][kMost + 1] = {};  // of the two rows
    for (int r = 0; r < 2; r++) {
      const std::int64_t wanted = 2 * pair + r;
      AddRow<kMost>(wanted < height ? wanted : height - 1, x, count, sum);
    }
    for (int c = 0; c < 3; c++) sum[c][count] = sum[c][count - 1];
    PictureTo420<kStep>::Chroma(sum, count, {out, width, height, pair, x});
  }

  template <int kMost>
  KDT_HOST_DEVICE void AddRow(std::int64_t row, std::int64_t x, int count,
                              std::int32_t (&sum)[3][kMost + 1]) const {
    const std::uint8_t* pixel = rgb + 3 * (row * width + x);
    std::uint8_t* y = out + row * width + x;
    for (int k = 0; k < count; k++, pixel += 3) {
      y[k] = PictureTo420<kStep>::LumaOf(pixel[0], pixel[1], pixel[2]);
      for (int c = 0; c < 3; c++) sum[c][k] += pixel[c];
    }
  }
};

struct RgbToI420 : RgbTo420<1> {};
struct RgbToNv12 : RgbTo420<2> {};

}  // namespace kdtalker::kernels
