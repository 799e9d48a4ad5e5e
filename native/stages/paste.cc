#include "stages/paste.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "core/error.h"
#include "kernels/convert.h"
#include "kernels/range.h"
#include "kernels/rgb_to_420.h"
#include "kernels/warp_photo.h"

namespace kdtalker::stages {
namespace {

using kernels::Region;
using kernels::ToCrop;

Tensor UploadPhoto(Stream& stream, const PhotoPixels& photo, Crossing why) {
  Tensor rgb(stream.shared_device(), Type::kUint8, {photo.height, photo.width, 3});
  rgb.UploadNow(stream, photo.rgb.data(), why);
  return rgb;
}

ToCrop Invert(const std::array<double, 6>& m) {
  const double determinant = m[0] * m[4] - m[1] * m[3];
  const double a = m[4] / determinant, b = -m[1] / determinant, d = -m[3] / determinant,
               e = m[0] / determinant;
  const ToCrop inverse{{a, b, -(a * m[2] + b * m[5]), d, e, -(d * m[2] + e * m[5])}};
  const bool finite =
      std::all_of(std::begin(inverse.m), std::end(inverse.m), [](double v) { return std::isfinite(v); });
  if (!finite)
    throw Error("INVALID_ARGUMENT", "Expected a matrix that has an inverse for the place of the crop");
  return inverse;
}

// The pixels between two bounds and one more on either side, clamped to 0..size.
void Cover(double low, double high, std::int64_t size, std::int64_t& first, std::int64_t& last) {
  const auto end = static_cast<double>(size);
  first = static_cast<std::int64_t>(std::clamp(std::floor(low) - 1.0, 0.0, end));
  last = static_cast<std::int64_t>(std::clamp(std::ceil(high) + 2.0, 0.0, end));
}

// The mask is 0 on the crop's edge, so it changes only pixels between the crop's corners.
Region RegionOf(const PhotoPixels& photo, CropSize crop) {
  const auto& m = photo.to_photo;
  const auto right = static_cast<double>(crop.width - 1), bottom = static_cast<double>(crop.height - 1);
  const double corners[4][2] = {{0, 0}, {right, 0}, {0, bottom}, {right, bottom}};
  double low[2] = {INFINITY, INFINITY}, high[2] = {-INFINITY, -INFINITY};
  for (const auto& [x, y] : corners) {
    const double at[2] = {m[0] * x + m[1] * y + m[2], m[3] * x + m[4] * y + m[5]};
    for (int axis = 0; axis < 2; axis++) {
      low[axis] = std::min(low[axis], at[axis]);
      high[axis] = std::max(high[axis], at[axis]);
    }
  }
  Region region{};
  Cover(low[0], high[0], photo.width, region.left, region.right);
  Cover(low[1], high[1], photo.height, region.top, region.bottom);
  return region;
}

// The photo would get softer by way of the crop, whose pixels are resampled twice. Far below the crop's scale
// the cells of a field are finer than the photo's pixels, and what it draws would be too thin for them.
bool IsDetailed(const PhotoPixels& photo) {
  constexpr double kLeast = 0.3;  // pixels of the photo for one of the crop
  const auto& m = photo.to_photo;
  return std::abs(m[0] * m[4] - m[1] * m[3]) > kLeast * kLeast;
}

std::array<float, 4> UnitsToPhoto(const PhotoPixels& photo, CropSize crop) {
  const auto& m = photo.to_photo;
  const double across = static_cast<double>(crop.width) / 2, along = static_cast<double>(crop.height) / 2;
  return {static_cast<float>(m[0] * across), static_cast<float>(m[1] * along),
          static_cast<float>(m[3] * across), static_cast<float>(m[4] * along)};
}

// Cells and the crop's pixels cover the same square.
ToCrop ToCell(const ToCrop& to_crop, CropSize crop, std::int64_t columns, std::int64_t rows) {
  const double across = static_cast<double>(columns) / static_cast<double>(crop.width);
  const double along = static_cast<double>(rows) / static_cast<double>(crop.height);
  const double* m = to_crop.m;
  return {{m[0] * across, m[1] * across, (m[2] + 0.5) * across - 0.5, m[3] * along, m[4] * along,
           (m[5] + 0.5) * along - 0.5}};
}

Tensor MakeCells(const std::shared_ptr<Device>& device, const Tensor* field) {
  if (field == nullptr) return {};
  return Tensor(device, Type::kFloat32, {field->dims()[2], field->dims()[3], kernels::kFieldChannels});
}

}  // namespace

Tensor MakePicture(const std::shared_ptr<Device>& device, std::int64_t bytes, bool ranged) {
  const auto shown = static_cast<std::size_t>(bytes);
  const auto all = static_cast<std::int64_t>(ranged ? kernels::BytesWithRange(shown) : shown);
  return Tensor(device, Type::kUint8, {all});
}

PhotoPixels::PhotoPixels(const Picture& picture, const std::array<double, 6>& matrix)
    : rgb(picture.data, picture.data + picture.bytes()),
      width(picture.width),
      height(picture.height),
      to_photo(matrix),
      to_crop(Invert(matrix)) {}

Photo::Photo(Stream& stream, const PhotoPixels& pixels, const CropShape& crop, Crossing why)
    : rgb_(UploadPhoto(stream, pixels, why)), to_crop_(pixels.to_crop), region_(RegionOf(pixels, crop.size)) {
  if (!touched()) return;
  mask_ = Tensor(stream.shared_device(), Type::kUint8,
                 {region_.bottom - region_.top, region_.right - region_.left});
  stream.Launch(
      kernels::WarpMask{mask_.u8(), region_, to_crop_, crop.size.width, crop.size.height, crop.feather});
  if (!crop.has_field || !IsDetailed(pixels)) return;
  texels_ = Tensor(stream.shared_device(), Type::kUint8, {mask_.dims()[0], mask_.dims()[1], 4});
  to_photo_ = UnitsToPhoto(pixels, crop.size);
  stream.Launch(kernels::PhotoTexels{rgb_.u8(), texels_.u8(), region_, width()});
}

Paste::Paste(Stream& stream, CropSize crop, const Photo& photo, const Tensor* field, bool ranged)
    : size_(crop),
      width_(photo.width()),
      height_(photo.height()),
      crop_(stream.shared_device(), Type::kUint8, {crop.height, crop.width, 3}),
      cells_(MakeCells(stream.shared_device(), field)),
      rgb_(MakePicture(stream.shared_device(), 3 * width_ * height_, ranged)),
      yuv_(MakePicture(stream.shared_device(), kernels::PictureToI420::Bytes(width_, height_), ranged)) {
  Show(stream, photo);
}

void Paste::Show(Stream& stream, const Photo& photo) {
  if (photo.width() != width_ || photo.height() != height_) {
    throw Error("INVALID_ARGUMENT", "Expected a photo of " + DimsToText({height_, width_, 3}) +
                                        " as before but received " + DimsToText(photo.rgb().dims()));
  }
  stream.Copy(rgb_.address(), photo.rgb().address(), photo.rgb().bytes());
  converter_ = kNothing;
}

const Tensor& Paste::Rgb(Stream& stream, const Photo& photo, const Rendered& face) {
  if (!photo.touched()) return rgb_;
  if (face.field != nullptr && photo.moves()) {
    MovePixels(stream, photo, *face.field);
  } else {
    PasteImage(stream, photo, face.image);
  }
  return rgb_;
}

void Paste::PasteImage(Stream& stream, const Photo& photo, const float* image) const {
  stream.Launch(kernels::PictureToRgb{image, crop_.u8(), size_.width, size_.height});
  stream.Launch(kernels::PasteCrop{crop_.u8(), photo.mask().u8(), photo.rgb().u8(), rgb_.u8(), photo.region(),
                                   photo.to_crop(), size_.width, size_.height, photo.width()});
}

void Paste::MovePixels(Stream& stream, const Photo& photo, const Tensor& field) const {
  const std::int64_t rows = field.dims()[2], columns = field.dims()[3];
  const std::array<float, 4>& m = photo.to_photo();
  stream.Launch(kernels::FieldCells{field.f32(), cells_.f32(), columns, rows});
  stream.Launch(kernels::WarpPhoto{photo.texels().u8(),
                                   photo.mask().u8(),
                                   cells_.f32(),
                                   rgb_.u8(),
                                   photo.region(),
                                   ToCell(photo.to_crop(), size_, columns, rows),
                                   {m[0], m[1], m[2], m[3]},
                                   columns,
                                   rows,
                                   photo.width()});
}

const Tensor& Paste::I420(Stream& stream, const Photo& photo, const Rendered& face) {
  return To420<kernels::RgbToI420>(stream, photo, face);
}

const Tensor& Paste::Nv12(Stream& stream, const Photo& photo, const Rendered& face) {
  return To420<kernels::RgbToNv12>(stream, photo, face);
}

template <class Functor>
const Tensor& Paste::To420(Stream& stream, const Photo& photo, const Rendered& face) {
  Rgb(stream, photo, face);
  const bool converted = converter_ == KernelNumber<Functor>::value;
  if (!converted) ConvertRegion<Functor>(stream, {0, 0, photo.width(), photo.height()});
  if (converted && photo.touched()) ConvertRegion<Functor>(stream, photo.region());
  converter_ = KernelNumber<Functor>::value;
  return yuv_;
}

// Two rows and two columns share their chroma, so the region grows to even bounds.
template <class Functor>
void Paste::ConvertRegion(Stream& stream, const Region& region) const {
  const std::int64_t left = region.left / 2 * 2, right = std::min((region.right + 1) / 2 * 2, width_);
  const std::int64_t first = region.top / 2, last = (region.bottom + 1) / 2;
  stream.Launch(Functor{{rgb_.u8(), yuv_.u8(), width_, height_, first, last - first, left, right - left}});
}

}  // namespace kdtalker::stages
