// A part of a row of PasteCrop: the same levels as pixel by pixel, in loops that compilers vectorise.
#pragma once

#include <cstring>

#include "kernels/convert.h"
#include "kernels/spot.h"

namespace kdtalker::kernels {

// Samples of a crop at up to kColumnBlock neighbouring pixels of a photo's row, whose four neighbours all lie
// inside the crop.
struct CropSamples {
  float right[kColumnBlock], below[kColumnBlock];  // weights, as in Spot
  std::uint32_t corner[4][kColumnBlock];  // the low three bytes: red, green, blue of a neighbour; any above
  std::uint8_t level[3][kColumnBlock];    // the samples

  // `crop` [height, crop_width, 3]; the photo's pixels x .. x + count - 1 of row y.
  KDT_HOST_DEVICE void Take(const std::uint8_t* crop, std::int64_t crop_width, const ToCrop& to_crop,
                            std::int64_t x, std::int64_t y, int count) {
    Gather(crop, crop_width, to_crop, x, y, count);
    for (int c = 0; c < 3; c++) Mix(8 * c, count, level[c]);
  }

  // Mixes the samples with a photo's pixels [count, 3] by the mask's levels.
  KDT_HOST_DEVICE void Blend(const std::uint8_t* mask, const std::uint8_t* photo, int count) {
    for (int c = 0; c < 3; c++) {
      for (int k = 0; k < count; k++) {
        const float share = static_cast<float>(mask[k]) / 255.0F;
        const float mixed =
            share * static_cast<float>(level[c][k]) + (1.0F - share) * static_cast<float>(photo[3 * k + c]);
        level[c][k] = static_cast<std::uint8_t>(static_cast<std::int32_t>(mixed));
      }
    }
  }

  KDT_HOST_DEVICE void Write(std::uint8_t* out, int count) const {
    for (int k = 0; k < count; k++) {
      for (int c = 0; c < 3; c++) out[3 * k + c] = level[c][k];
    }
  }

 private:
  // Positions inside a crop are not negative and are small, so that 32 bits cut them off as FloorOf does.
  KDT_HOST_DEVICE void Gather(const std::uint8_t* crop, std::int64_t crop_width, const ToCrop& to_crop,
                              std::int64_t x, std::int64_t y, int count) {
    const double* m = to_crop.m;
    const auto row = static_cast<double>(y);
    const double from_x = m[1] * row + m[2], from_y = m[4] * row + m[5];
    const auto width = static_cast<std::int32_t>(crop_width), first = static_cast<std::int32_t>(x);
    std::int32_t at[kColumnBlock];
    for (int k = 0; k < count; k++) {
      const auto column = static_cast<double>(first + k);
      const double at_x = m[0] * column + from_x, at_y = m[3] * column + from_y;
      const auto left = static_cast<std::int32_t>(at_x), top = static_cast<std::int32_t>(at_y);
      right[k] = static_cast<float>(at_x - static_cast<double>(left));
      below[k] = static_cast<float>(at_y - static_cast<double>(top));
      at[k] = top * width + left;
    }
    for (int k = 0; k < count; k++) Fetch(crop + std::int64_t{3} * at[k], 3 * crop_width, k);
  }

  // Eight bytes hold both neighbours of a row. Those of the lower row end with it: nothing lies behind the
  // last pixel of a crop.
  KDT_HOST_DEVICE void Fetch(const std::uint8_t* above, std::int64_t stride, int k) {
    std::uint64_t upper, lower;
    memcpy(&upper, above, sizeof(upper));
    memcpy(&lower, above + stride - 2, sizeof(lower));
    corner[0][k] = static_cast<std::uint32_t>(upper);
    corner[1][k] = static_cast<std::uint32_t>(upper >> 24);
    corner[2][k] = static_cast<std::uint32_t>(lower >> 16);
    corner[3][k] = static_cast<std::uint32_t>(lower >> 40);
  }

  // The arithmetic of MixOf.
  KDT_HOST_DEVICE void Mix(int shift, int count, std::uint8_t* to) const {
    for (int k = 0; k < count; k++) {
      float value[4];
      for (int i = 0; i < 4; i++)
        value[i] = static_cast<float>(static_cast<std::int32_t>(corner[i][k] >> shift & 255U));
      const float top = value[0] * (1.0F - right[k]) + value[1] * right[k];
      const float bottom = value[2] * (1.0F - right[k]) + value[3] * right[k];
      to[k] = static_cast<std::uint8_t>(
          static_cast<std::int32_t>(top * (1.0F - below[k]) + bottom * below[k] + 0.5F));
    }
  }
};

}  // namespace kdtalker::kernels
