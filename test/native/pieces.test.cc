// Functors of pictures have two divisions of their work: rows for the CPU, pieces for a GPU. Both write the
// same bytes.
#include <doctest/doctest.h>

#include <cstdint>
#include <vector>

#include "kernels/convert.h"
#include "kernels/paste.h"
#include "kernels/rgb_to_420.h"
#include "kernels/warp_crop.h"
#include "kernels/warp_photo.h"

namespace {

using namespace kdtalker;

struct Size {
  std::int64_t width, height;
};
// Odd and even sides; more columns than a block of kColumnBlock.
constexpr Size kSizes[] = {{1, 1}, {2, 3}, {5, 2}, {64, 4}, {65, 5}, {131, 7}};

// Levels below, within and above the range.
float ValueOf(std::size_t i) {
  return static_cast<float>((i * 7919 + 13) % 1009) / 900.0F - 0.05F;
}

template <class T>
std::vector<T> Filled(std::int64_t count) {
  std::vector<T> values;
  for (std::size_t i = 0; i < static_cast<std::size_t>(count); i++)
    values.push_back(sizeof(T) == 1 ? static_cast<T>(i * 31 % 251) : static_cast<T>(ValueOf(i)));
  return values;
}

// What the functor writes over 0x55, by rows, and by pieces from the last to the first.
template <class T, class Kernel>
void CheckPieces(Kernel kernel, std::int64_t count) {
  std::vector<T> by_rows(static_cast<std::size_t>(count), T{0x55}), by_pieces = by_rows;
  kernel.out = by_rows.data();
  for (std::int64_t i = 0; i < kernel.count(); i++) kernel(i);
  kernel.out = by_pieces.data();
  for (std::int64_t i = kernel.pieces() - 1; i >= 0; i--) kernel.Piece(i);
  CHECK(by_rows == by_pieces);
  CHECK(by_rows != std::vector<T>(by_rows.size(), T{0x55}));
}

TEST_CASE("pieces: of pictures of floats") {
  for (const Size& size : kSizes) {
    CAPTURE(size.width);
    const std::int64_t pixels = size.width * size.height;
    const std::vector<float> image = Filled<float>(3 * pixels);
    CheckPieces<std::uint8_t>(kernels::PictureToRgb{image.data(), nullptr, size.width, size.height},
                              3 * pixels);
    CheckPieces<std::uint8_t>(kernels::PictureToI420{image.data(), nullptr, size.width, size.height},
                              kernels::PictureToI420::Bytes(size.width, size.height));
    CheckPieces<std::uint8_t>(kernels::PictureToNv12{image.data(), nullptr, size.width, size.height},
                              kernels::PictureToI420::Bytes(size.width, size.height));
    CheckPieces<float>(kernels::ShrinkPicture{image.data(), nullptr, size.width, size.height, 1}, 3 * pixels);
  }
  const std::vector<float> image = Filled<float>(3 * 12 * 6);
  CheckPieces<float>(kernels::ShrinkPicture{image.data(), nullptr, 12, 6, 3}, 3 * 4 * 2);
}

TEST_CASE("pieces: of pictures of bytes") {
  for (const Size& size : kSizes) {
    CAPTURE(size.width);
    const std::int64_t pixels = size.width * size.height;
    const std::vector<std::uint8_t> rgb = Filled<std::uint8_t>(3 * pixels);
    CheckPieces<float>(kernels::RgbToPicture{rgb.data(), nullptr, size.width, size.height}, 3 * pixels);
    CheckPieces<std::uint8_t>(kernels::RgbToI420{rgb.data(), nullptr, size.width, size.height, 0,
                                                 (size.height + 1) / 2, 0, size.width},
                              kernels::PictureToI420::Bytes(size.width, size.height));
  }
  const std::vector<std::uint8_t> rgb = Filled<std::uint8_t>(3 * 131 * 9);
  CheckPieces<std::uint8_t>(kernels::RgbToI420{rgb.data(), nullptr, 131, 9, 1, 2, 4, 70},
                            kernels::PictureToI420::Bytes(131, 9));
  CheckPieces<std::uint8_t>(kernels::RgbToNv12{{rgb.data(), nullptr, 131, 9, 1, 2, 4, 70}},
                            kernels::PictureToI420::Bytes(131, 9));
}

// A crop of 200 x 180 in a photo of 300 x 240: the row's blocks against the pixels' definition.
void CheckPaste(const kernels::ToCrop& to_crop, const kernels::Feather& feather) {
  constexpr std::int64_t kCropWidth = 200, kCropHeight = 180, kWidth = 300, kHeight = 240;
  const kernels::Region region{3, 5, 298, 237};
  const std::int64_t area = (region.right - region.left) * (region.bottom - region.top);
  kernels::WarpMask warp{nullptr, region, to_crop, kCropWidth, kCropHeight, feather};
  CheckPieces<std::uint8_t>(warp, area);
  std::vector<std::uint8_t> mask(static_cast<std::size_t>(area));
  warp.out = mask.data();
  for (std::int64_t i = 0; i < warp.count(); i++) warp(i);
  const std::vector<std::uint8_t> crop = Filled<std::uint8_t>(3 * kCropWidth * kCropHeight);
  const std::vector<std::uint8_t> photo = Filled<std::uint8_t>(3 * kWidth * kHeight);
  CheckPieces<std::uint8_t>(kernels::PasteCrop{crop.data(), mask.data(), photo.data(), nullptr, region,
                                               to_crop, kCropWidth, kCropHeight, kWidth},
                            3 * kWidth * kHeight);
}

TEST_CASE("pieces: of a pasted crop and its mask") {
  const kernels::ToCrop places[] = {
      {{1, 0, 0, 0, 1, 0}},                      // on the photo's pixels, from their edge
      {{0.8, 0.05, -3.2, -0.04, 0.82, -1.7}},    // turned, beyond the photo's corner
      {{-0.7, 0.2, 190.5, 0.2, 0.9, -20.25}},    // mirrored
      {{0.31, 0, 40.4, 0, 0.27, 60.6}},          // larger than the photo
      {{0.1, -1.3, 190.5, 1.2, 0.05, -60.125}},  // lying
  };
  for (const auto& place : places) {
    CAPTURE(place.m[0]);
    CheckPaste(place, {});
    CheckPaste(place, {2, 12});
    CheckPaste(place, {0, 1});
    CheckPaste(place, {-1, 0});  // up to the crop's edge, where pixels have neighbours outside
  }
}

TEST_CASE("pieces: of a photo that is moved itself") {
  constexpr std::int64_t kWidth = 300, kHeight = 240, kCells = 19, kRows = 17;
  const kernels::Region region{3, 5, 298, 237};
  const std::int64_t area = (region.right - region.left) * (region.bottom - region.top);
  const std::vector<float> field = Filled<float>(kernels::kFieldGiven * kCells * kRows);
  kernels::FieldCells each{field.data(), nullptr, kCells, kRows};
  CheckPieces<float>(each, kernels::kFieldChannels * kCells * kRows);
  std::vector<float> cells(static_cast<std::size_t>(kernels::kFieldChannels * kCells * kRows));
  each.out = cells.data();
  for (std::int64_t i = 0; i < each.count(); i++) each(i);
  const std::vector<std::uint8_t> photo = Filled<std::uint8_t>(3 * kWidth * kHeight);
  kernels::PhotoTexels texel{photo.data(), nullptr, region, kWidth};
  CheckPieces<std::uint8_t>(texel, 4 * area);
  std::vector<std::uint8_t> texels(static_cast<std::size_t>(4 * area));
  texel.out = texels.data();
  for (std::int64_t i = 0; i < texel.count(); i++) texel(i);
  const std::vector<std::uint8_t> mask = Filled<std::uint8_t>(area);
  CheckPieces<std::uint8_t>(kernels::WarpPhoto{texels.data(),
                                               mask.data(),
                                               cells.data(),
                                               nullptr,
                                               region,
                                               {{0.07, 0.01, -1.5, -0.02, 0.08, 0.25}},
                                               {200, 10, -12, 180},
                                               kCells,
                                               kRows,
                                               kWidth},
                            3 * kWidth * kHeight);
}

TEST_CASE("pieces: of a crop's picture that is moved") {
  const Size fields[] = {{2, 2}, {19, 17}, {150, 90}};  // the last is finer than the picture
  for (const Size& size : kSizes) {
    if (size.width < 2 || size.height < 2) continue;
    for (const Size& cells : fields) {
      CAPTURE(size.width);
      CAPTURE(cells.width);
      const std::vector<float> picture = Filled<float>(3 * size.width * size.height);
      std::vector<float> field = Filled<float>(kernels::kFieldGiven * cells.width * cells.height);
      for (std::int64_t i = 0; i < cells.width; i++) field[static_cast<std::size_t>(i)] = 0.0F;
      CheckPieces<float>(kernels::WarpCrop{picture.data(), field.data(), nullptr, size.width, size.height,
                                           cells.width, cells.height},
                         3 * size.width * size.height);
    }
  }
}

}  // namespace
