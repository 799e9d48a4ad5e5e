// Pictures between the networks' planar floats [3, H, W] in 0..1 and 8-bit pixels.
//
// Traps: a level is trunc(255 v) after clamping, NOT rounded (docs/model.md 10). Y'CbCr is computed from the
// same 8-bit levels, so both outputs show the same picture. One index is a row (for 4:2:0 a pair of rows).
// The inner loops over columns process fixed blocks in local arrays, so that compilers vectorise them.
#pragma once

#include <cstring>

#include "kernels/kernel.h"

namespace kdtalker::kernels {

inline constexpr int kColumnBlock = 64;

// trunc(255 v) of v clamped to 0..1; NaN gives 0. The bits of positive floats have the order of the floats.
// With integer masks instead of comparisons compilers vectorise the enclosing loop (four times as fast).
KDT_HOST_DEVICE std::int32_t LevelOf(float v) {
  const std::int32_t one = 0x3F800000, infinity = 0x7F800000;
  std::int32_t bits;
  memcpy(&bits, &v, sizeof(bits));
  bits &= ~(bits >> 31);               // below 0: 0
  bits &= ~((infinity - bits) >> 31);  // NaN: 0
  const std::int32_t below = bits - one;
  bits = one + (below & (below >> 31));  // above 1: 1
  memcpy(&v, &bits, sizeof(v));
  return static_cast<std::int32_t>(v * 255.0F);
}

// Converts planar floats to RGB24.
struct PictureToRgb {
  const float* image;  // [3, height, width]
  std::uint8_t* out;   // [height, width, 3]
  std::int64_t width;
  std::int64_t height;

  KDT_HOST_DEVICE std::int64_t count() const { return height; }

  KDT_HOST_DEVICE void operator()(std::int64_t row) const {
    for (std::int64_t x = 0; x < width; x += kColumnBlock) {
      const std::int64_t left = width - x;
      Block<kColumnBlock>(row * width + x, static_cast<int>(left < kColumnBlock ? left : kColumnBlock));
    }
  }

  // A piece is a pixel.
  KDT_HOST_DEVICE std::int64_t pieces() const { return width * height; }
  KDT_HOST_DEVICE void Piece(std::int64_t i) const { Block<1>(i, 1); }

 private:
  template <int kMost>
  KDT_HOST_DEVICE void Block(std::int64_t at, int columns) const {
    std::uint8_t level[3][kMost];
    for (int c = 0; c < 3; c++) {
      const float* plane = image + c * width * height + at;
      for (int x = 0; x < columns; x++) level[c][x] = static_cast<std::uint8_t>(LevelOf(plane[x]));
    }
    std::uint8_t* to = out + 3 * at;
    for (int x = 0; x < columns; x++) {
      for (int c = 0; c < 3; c++) to[3 * x + c] = level[c][x];
    }
  }
};

// Where 4:2:0 has the Cb and the Cr of four pixels, behind Y [height, width]: with kStep 1 (I420) in planes
// of their own [ceil(height / 2), ceil(width / 2)], with kStep 2 (NV12) side by side in one.
template <int kStep>
struct ChromaPlace {
  std::uint8_t *cb, *cr;

  KDT_HOST_DEVICE ChromaPlace(std::uint8_t* out, std::int64_t width, std::int64_t height, std::int64_t pair,
                              std::int64_t x) {
    const std::int64_t across = (width + 1) / 2;
    cb = out + width * height + kStep * (pair * across + x / 2);
    cr = cb + (kStep == 1 ? across * ((height + 1) / 2) : 1);
  }
};

// Converts planar floats to 4:2:0, BT.709, limited range (Y 16..235, C 16..240). Chroma is computed from the
// mean of a 2x2 block; odd edges repeat the last row and column. Weights are in 1/65536: Y's sum to 219/255,
// those of Cb and of Cr to 0.
template <int kStep>
struct PictureTo420 {
  const float* image;  // [3, height, width]
  std::uint8_t* out;   // Bytes(width, height)
  std::int64_t width;
  std::int64_t height;

  KDT_HOST_DEVICE static std::int64_t Bytes(std::int64_t width, std::int64_t height) {
    return width * height + 2 * ((width + 1) / 2) * ((height + 1) / 2);
  }

  KDT_HOST_DEVICE std::int64_t count() const { return (height + 1) / 2; }

  KDT_HOST_DEVICE void operator()(std::int64_t pair) const {
    for (std::int64_t x = 0; x < width; x += kColumnBlock) {
      const std::int64_t left = width - x;
      Block<kColumnBlock>(pair, x, static_cast<int>(left < kColumnBlock ? left : kColumnBlock));
    }
  }

  // A piece is four pixels with one chroma.
  KDT_HOST_DEVICE std::int64_t pieces() const { return ((width + 1) / 2) * count(); }
  KDT_HOST_DEVICE void Piece(std::int64_t i) const {
    const std::int64_t columns = (width + 1) / 2, x = 2 * (i % columns);
    Block<2>(i / columns, x, x + 1 < width ? 2 : 1);
  }

 private:
  template <int kMost>
  KDT_HOST_DEVICE void Block(std::int64_t pair, std::int64_t x, int columns) const {
    std::int32_t sum[3][kMost + 1] = {};  // of the two rows
    for (int r = 0; r < 2; r++) {
      const std::int64_t wanted = 2 * pair + r;
      AddRow<kMost>(wanted < height ? wanted : height - 1, x, columns, sum);
    }
    for (int c = 0; c < 3; c++) sum[c][columns] = sum[c][columns - 1];
    Chroma(sum, columns, {out, width, height, pair, x});
  }

  // Writes the row's Y and adds its levels to sum. The repeated last row writes the same Y again.
  template <int kMost>
  KDT_HOST_DEVICE void AddRow(std::int64_t row, std::int64_t x, int columns,
                              std::int32_t (&sum)[3][kMost + 1]) const {
    std::int32_t level[3][kMost];
    for (int c = 0; c < 3; c++) {
      const float* plane = image + (c * height + row) * width + x;
      for (int k = 0; k < columns; k++) level[c][k] = LevelOf(plane[k]);
      for (int k = 0; k < columns; k++) sum[c][k] += level[c][k];
    }
    std::uint8_t* y = out + row * width + x;
    for (int k = 0; k < columns; k++) y[k] = LumaOf(level[0][k], level[1][k], level[2][k]);
  }

 public:
  KDT_HOST_DEVICE static std::uint8_t LumaOf(std::int32_t r, std::int32_t g, std::int32_t b) {
    return static_cast<std::uint8_t>(16 + ((11966 * r + 40254 * g + 4064 * b + 32768) >> 16));
  }

  // Reads sums over two rows; reads sum[c][columns] if the number of columns is odd.
  template <int kRoom>
  KDT_HOST_DEVICE static void Chroma(const std::int32_t (&sum)[3][kRoom], int columns,
                                     const ChromaPlace<kStep>& to) {
    const std::int32_t middle = (128 << 18) + (1 << 17);  // 128 and one half, of sums of four
    for (std::int64_t k = 0; k < (columns + 1) / 2; k++) {
      const std::int32_t r = sum[0][2 * k] + sum[0][2 * k + 1];
      const std::int32_t g = sum[1][2 * k] + sum[1][2 * k + 1];
      const std::int32_t b = sum[2][2 * k] + sum[2][2 * k + 1];
      to.cb[kStep * k] = static_cast<std::uint8_t>((middle - 6596 * r - 22189 * g + 28785 * b) >> 18);
      to.cr[kStep * k] = static_cast<std::uint8_t>((middle + 28784 * r - 26145 * g - 2639 * b) >> 18);
    }
  }
};

struct PictureToI420 : PictureTo420<1> {};
struct PictureToNv12 : PictureTo420<2> {};

// Converts RGB24 to planar floats, level / 255.
struct RgbToPicture {
  const std::uint8_t* rgb;  // [height, width, 3]
  float* out;               // [3, height, width]
  std::int64_t width;
  std::int64_t height;

  KDT_HOST_DEVICE std::int64_t count() const { return height; }

  KDT_HOST_DEVICE void operator()(std::int64_t row) const {
    const std::uint8_t* from = rgb + 3 * row * width;
    for (int c = 0; c < 3; c++) {
      float* to = out + (c * height + row) * width;
      for (std::int64_t x = 0; x < width; x++) to[x] = static_cast<float>(from[3 * x + c]) / 255.0F;
    }
  }

  // A piece is a pixel.
  KDT_HOST_DEVICE std::int64_t pieces() const { return width * height; }
  KDT_HOST_DEVICE void Piece(std::int64_t i) const {
    for (int c = 0; c < 3; c++) out[c * pieces() + i] = static_cast<float>(rgb[3 * i + c]) / 255.0F;
  }
};

// Reduces planar floats to size / factor; each pixel is the mean of its factor x factor box. Factor 1 copies.
struct ShrinkPicture {
  const float* image;  // [3, height, width]
  float* out;          // [3, height / factor, width / factor]
  std::int64_t width;  // multiples of the factor
  std::int64_t height;
  std::int64_t factor;

  // One index per row of a plane.
  KDT_HOST_DEVICE std::int64_t count() const { return 3 * (height / factor); }

  KDT_HOST_DEVICE void operator()(std::int64_t row) const {
    for (std::int64_t x = 0; x < width / factor; x++) Pixel(row, x);
  }

  // A piece is a value.
  KDT_HOST_DEVICE std::int64_t pieces() const { return count() * (width / factor); }
  KDT_HOST_DEVICE void Piece(std::int64_t i) const { Pixel(i / (width / factor), i % (width / factor)); }

 private:
  KDT_HOST_DEVICE void Pixel(std::int64_t row, std::int64_t x) const {
    const float* from = image + row * factor * width + x * factor;  // planes follow each other without a gap
    float sum = 0.0F;
    for (std::int64_t dy = 0; dy < factor; dy++) {
      for (std::int64_t dx = 0; dx < factor; dx++) sum += from[dy * width + dx];
    }
    out[row * (width / factor) + x] = sum / static_cast<float>(factor * factor);
  }
};

}  // namespace kdtalker::kernels
