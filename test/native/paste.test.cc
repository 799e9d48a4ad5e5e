// Pastes a crop back into its photo: exact where nothing is resampled, and only where the mask allows it.
// test/full-frame.test.ts compares the reference's values, because its pictures need a PNG decoder.
#include "stages/paste.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/error.h"
#include "core/stream.h"
#include "kernels/convert.h"

namespace {

using namespace kdtalker;
using stages::CropShape;
using stages::CropSize;
using stages::Paste;
using stages::Photo;
using stages::PhotoPixels;
using Bytes = std::vector<std::uint8_t>;

constexpr CropSize kCrop{512, 512};
constexpr CropShape kShape{kCrop, {}};

PhotoPixels MakePhoto(std::int64_t width, std::int64_t height, std::array<double, 6> to_photo,
                      std::uint8_t seed = 0) {
  Bytes rgb(static_cast<std::size_t>(3 * width * height));
  for (std::size_t i = 0; i < rgb.size(); i++) rgb[i] = static_cast<std::uint8_t>((i * 7 + seed) % 251);
  return {{rgb.data(), static_cast<int>(width), static_cast<int>(height)}, to_photo};
}

// A picture of one level in the networks' format.
Tensor Plain(Stream& stream, int level) {
  Tensor image(stream.shared_device(), Type::kFloat32, {1, 3, kCrop.height, kCrop.width});
  const std::vector<float> values(static_cast<std::size_t>(image.count()),
                                  (static_cast<float>(level) + 0.25F) / 255.0F);
  image.UploadNow(stream, values.data(), Crossing::kPicture);
  return image;
}

Bytes Download(Stream& stream, const Tensor& tensor) {
  Bytes bytes(tensor.bytes());
  tensor.DownloadNow(stream, bytes.data(), Crossing::kFrame);
  return bytes;
}

int MaskOf(std::int64_t x, std::int64_t y, std::int64_t first, std::int64_t last) {
  const std::int64_t d = std::min({x, 511 - x, y, 511 - y});
  return d <= first ? 0 : static_cast<int>(std::min<std::int64_t>(255, 255 * (d - first) / (last - first)));
}

std::string CodeThrownBy(const std::array<double, 6>& to_photo) {
  try {
    MakePhoto(40, 40, to_photo);
  } catch (const Error& error) {
    return error.code();
  }
  return "";
}

// How many values of a pasted crop differ from those that a mask of this feather gives.
std::size_t WrongWith(Device& device, std::int64_t first, std::int64_t last) {
  const auto stream = device.MakeStream();
  const PhotoPixels pixels = MakePhoto(600, 560, {1, 0, 40, 0, 1, 30});
  const CropShape crop{kCrop, {static_cast<double>(first), static_cast<double>(last)}};
  const Photo photo(*stream, pixels, crop, Crossing::kPicture);
  Paste paste(*stream, kCrop, photo);
  const Bytes made = Download(*stream, paste.Rgb(*stream, photo, {Plain(*stream, 200).f32()}));
  std::size_t wrong = 0;
  for (std::int64_t i = 0; i < 600 * 560; i++) {
    const std::int64_t x = i % 600 - 40, y = i / 600 - 30;
    const bool inside = x >= 0 && x < 512 && y >= 0 && y < 512;
    const float share = static_cast<float>(inside ? MaskOf(x, y, first, last) : 0) / 255.0F;
    for (std::size_t c = 0; c < 3; c++) {
      const std::size_t at = 3 * static_cast<std::size_t>(i) + c;
      const float mixed = share * 200.0F + (1.0F - share) * static_cast<float>(pixels.rgb[at]);
      if (made[at] != static_cast<std::uint8_t>(mixed)) wrong++;
    }
  }
  return wrong;
}

TEST_CASE("a crop that lies on the photo's pixels is mixed as the mask says") {
  for (const auto& device : {MakeCpuDevice(), MakeGuardedDevice()}) {
    CHECK(WrongWith(*device, 20, 80) == 0);
    CHECK(WrongWith(*device, 2, 12) == 0);
  }
}

TEST_CASE("only the region is made anew, in either layout, and it covers all that changes") {
  const auto stream = MakeGuardedDevice()->MakeStream();
  const Photo photo(*stream, MakePhoto(301, 243, {0.3, -0.05, 60.5, 0.05, 0.3, 41.25}), kShape,
                    Crossing::kPicture);
  CHECK(photo.region().left > 20);
  CHECK(photo.region().right < 280);
  Paste once(*stream, kCrop, photo), often(*stream, kCrop, photo);
  const Tensor dark = Plain(*stream, 10), light = Plain(*stream, 240);
  static_cast<void>(
      often.I420(*stream, photo, {dark.f32()}));  // the first converts everything, the next the region
  CHECK(Download(*stream, often.I420(*stream, photo, {light.f32()})) ==
        Download(*stream, once.I420(*stream, photo, {light.f32()})));
  CHECK(Download(*stream, often.Rgb(*stream, photo, {light.f32()})) ==
        Download(*stream, once.Rgb(*stream, photo, {light.f32()})));
  const Bytes planes = Download(*stream, once.I420(*stream, photo, {dark.f32()}));
  const Bytes pairs = Download(*stream, once.Nv12(*stream, photo, {dark.f32()}));
  CHECK(pairs != planes);
  CHECK(Download(*stream, often.Nv12(*stream, photo, {dark.f32()})) == pairs);
  CHECK(Download(*stream, often.I420(*stream, photo, {dark.f32()})) == planes);
  CHECK(Download(*stream, often.I420(*stream, photo, {light.f32()})).size() ==
        static_cast<std::size_t>(kernels::PictureToI420::Bytes(301, 243)));
}

TEST_CASE("I420 of pixels is that of the same levels in floats") {
  const auto stream = MakeCpuDevice()->MakeStream();
  const std::int64_t width = 131, height = 75;
  const PhotoPixels pixels = MakePhoto(width, height, {1, 0, 4000, 0, 1, 0});
  const Photo photo(*stream, pixels, kShape, Crossing::kPicture);
  CHECK_FALSE(photo.touched());
  Paste paste(*stream, kCrop, photo);
  const Bytes made = Download(*stream, paste.I420(*stream, photo, {Plain(*stream, 0).f32()}));
  Bytes wanted(made.size());
  std::vector<float> image(pixels.rgb.size());
  const auto count = static_cast<std::size_t>(width * height);
  for (std::size_t i = 0; i < image.size(); i++)
    image[i] = (static_cast<float>(pixels.rgb[3 * (i % count) + i / count]) + 0.25F) / 255.0F;
  stream->Launch(kernels::PictureToI420{image.data(), wanted.data(), width, height});
  CHECK(made == wanted);
}

TEST_CASE("another photo of the same size may be shown, of another size not") {
  const auto stream = MakeGuardedDevice()->MakeStream();
  const std::array<double, 6> place{0.2, 0, 10, 0, 0.2, 10};
  const Photo first(*stream, MakePhoto(128, 120, place), kShape, Crossing::kPicture);
  const Photo second(*stream, MakePhoto(128, 120, {0.1, 0, 60, 0, 0.1, 50}, 90), kShape, Crossing::kPicture);
  Paste paste(*stream, kCrop, first), fresh(*stream, kCrop, second);
  const Tensor image = Plain(*stream, 77);
  static_cast<void>(paste.I420(*stream, first, {image.f32()}));
  paste.Show(*stream, second);
  CHECK(Download(*stream, paste.I420(*stream, second, {image.f32()})) ==
        Download(*stream, fresh.I420(*stream, second, {image.f32()})));
  CHECK_THROWS_AS(paste.Show(*stream, Photo(*stream, MakePhoto(128, 122, place), kShape, Crossing::kPicture)),
                  Error);
}

// A field of 8 x 8 cells that is the same everywhere.
Tensor Even(Stream& stream, const std::array<float, 6>& cell) {
  Tensor field(stream.shared_device(), Type::kFloat32, {1, 6, 8, 8});
  std::vector<float> values;
  for (const float value : cell) values.insert(values.end(), 64, value);
  field.UploadNow(stream, values.data(), Crossing::kPicture);
  return field;
}

constexpr std::int64_t kSide = 600;
constexpr CropShape kMoving{kCrop, {2, 12}, true};

// The photo of 600 x 600 with its crop on the pixels from (40, 30) on, moved by the field.
Bytes Moved(Device& device, const std::array<float, 6>& cell) {
  const auto stream = device.MakeStream();
  const Photo photo(*stream, MakePhoto(kSide, kSide, {1, 0, 40, 0, 1, 30}), kMoving, Crossing::kPicture);
  CHECK(photo.moves());
  const Tensor field = Even(*stream, cell), black = Plain(*stream, 0);
  Paste paste(*stream, kCrop, photo, &field);
  return Download(*stream, paste.Rgb(*stream, photo, {black.f32(), &field}));
}

std::size_t At(std::int64_t x, std::int64_t y) {
  return static_cast<std::size_t>(3 * (y * kSide + x));
}

TEST_CASE("a field at rest leaves each of the photo's bytes") {
  for (const auto& device : {MakeCpuDevice(), MakeGuardedDevice()})
    CHECK(Moved(*device, {0, 0, 1, 0, 0, 0}) == MakePhoto(kSide, kSide, {1, 0, 0, 0, 1, 0}).rgb);
}

TEST_CASE("a field moves the photo's own pixels, and takes and adds light") {
  const Bytes source = MakePhoto(kSide, kSide, {1, 0, 0, 0, 1, 0}).rgb;
  // 2/512 of the crop is a pixel: the sources lie 3 to the right and 5 above.
  const Bytes moved = Moved(*MakeGuardedDevice(), {6.0F / 512, -10.0F / 512, 0.5F, 0.2F, 0, 0});
  std::size_t wrong = 0;
  for (std::int64_t y = 60; y < 500; y++) {
    for (std::int64_t x = 60; x < 530; x++) {
      for (std::size_t c = 0; c < 3; c++) {
        const int seen = source[At(x + 3, y - 5) + c];
        const int wanted = seen / 2 + (c == 0 ? 51 : 0);
        if (std::abs(moved[At(x, y) + c] - wanted) > 1) wrong++;
      }
    }
  }
  CHECK(wrong == 0);
  CHECK(std::equal(moved.begin(), moved.begin() + 3 * 30 * kSide, source.begin()));  // above the crop
}

TEST_CASE("only a photo that would get softer is moved, and only by a field") {
  const auto stream = MakeCpuDevice()->MakeStream();
  const auto moves = [&](double scale, bool has_field) {
    const CropShape shape{kCrop, {2, 12}, has_field};
    const PhotoPixels pixels = MakePhoto(400, 400, {scale, 0, 5, 0, scale, 5});
    return Photo(*stream, pixels, shape, Crossing::kPicture).moves();
  };
  CHECK(moves(0.35, true));
  CHECK_FALSE(moves(0.25, true));
  CHECK_FALSE(moves(0.6, false));
}

TEST_CASE("a photo without a place for its crop is refused") {
  CHECK(CodeThrownBy({1, 0, 0, 0, 1, 0}).empty());
  CHECK(CodeThrownBy({1, 2, 0, 2, 4, 0}) == "INVALID_ARGUMENT");
  CHECK(CodeThrownBy({NAN, 0, 0, 0, 1, 0}) == "INVALID_ARGUMENT");
  CHECK(CodeThrownBy({}) == "INVALID_ARGUMENT");
}

}  // namespace
