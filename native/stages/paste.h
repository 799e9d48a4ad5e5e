#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "core/stream.h"
#include "core/tensor.h"
#include "kernels/paste.h"
#include "stages/crop.h"

namespace kdtalker::stages {

// All pixels of a picture on the host, and the position of its crop. Immutable, so a portrait and the code
// that saves it share one.
struct PhotoPixels {
  // Makes the only copy between JavaScript's pixels and a device. Throws Error INVALID_ARGUMENT if the matrix
  // has no inverse.
  PhotoPixels(const Picture& picture, const std::array<double, 6>& to_photo);

  const std::vector<std::uint8_t> rgb;  // [height, width, 3]
  const std::int64_t width, height;
  const std::array<double, 6> to_photo;  // row-major 2x3: from a rendered crop's pixel indices to the photo's
  const kernels::ToCrop to_crop;         // its inverse
};

// The size of a rendered crop, pixels.
struct CropSize {
  std::int64_t width, height;
};

// A rendered crop as it is pasted.
struct CropShape {
  CropSize size;
  kernels::Feather feather;
  bool has_field = false;  // the renderer gives the field beside its picture
};

// What a renderer makes for a frame.
struct Rendered {
  const float* image;             // [3, crop height, crop width], 0..1
  const Tensor* field = nullptr;  // [1, 6, rows, columns], kernels/warp_photo.h; null: there is none
};

// A photo on the device with the mask of its crop, warped once. Immutable: any thread and any number of Paste
// objects may use it.
class Photo {
 public:
  // Makes one upload; the mask is there when the stream has done its work.
  Photo(Stream& stream, const PhotoPixels& pixels, const CropShape& crop, Crossing why);

  const Tensor& rgb() const { return rgb_; }  // [height, width, 3]
  std::int64_t width() const { return rgb_.dims()[1]; }
  std::int64_t height() const { return rgb_.dims()[0]; }

  // The pixels that a pasted crop can change; empty if the crop lies outside the photo.
  const kernels::Region& region() const { return region_; }
  bool touched() const { return region_.left < region_.right && region_.top < region_.bottom; }

  const Tensor& mask() const { return mask_; }  // [region]; none if the region is empty
  const kernels::ToCrop& to_crop() const { return to_crop_; }

  // Whether the photo would lose detail by way of the crop and there is a field: then its own pixels move.
  bool moves() const { return static_cast<bool>(texels_); }
  const Tensor& texels() const { return texels_; }  // [region, 4]
  // From movement in the crop's units (-1 to 1) to the photo's pixels, row-major 2x2.
  const std::array<float, 4>& to_photo() const { return to_photo_; }

 private:
  Tensor rgb_, mask_, texels_;
  std::array<float, 4> to_photo_{};
  kernels::ToCrop to_crop_{};
  kernels::Region region_{};
};

// Room for a picture of so many bytes; with `ranged` its range follows it (kernels/range.h).
Tensor MakePicture(const std::shared_ptr<Device>& device, std::int64_t bytes, bool ranged);

// Pastes rendered crops into whole pictures, or moves a detailed photo's own pixels by the field. Owns its
// buffers; one thread at a time.
class Paste {
 public:
  // `field`: like those that will be given, or null. With `ranged` a picture has room for a range behind it
  // (kernels/range.h).
  Paste(Stream& stream, CropSize crop, const Photo& photo, const Tensor* field = nullptr,
        bool ranged = false);

  // From now on, pastes into another photo of the same size.
  void Show(Stream& stream, const Photo& photo);

  // Returns the bytes of the picture with what was rendered in its place; computes only the photo's region.
  // `photo` is the one shown last.
  const Tensor& Rgb(Stream& stream, const Photo& photo, const Rendered& face);  // [height, width, 3]
  // The same pixels in 4:2:0.
  const Tensor& I420(Stream& stream, const Photo& photo, const Rendered& face);
  const Tensor& Nv12(Stream& stream, const Photo& photo, const Rendered& face);

 private:
  void PasteImage(Stream& stream, const Photo& photo, const float* image) const;
  void MovePixels(Stream& stream, const Photo& photo, const Tensor& field) const;
  template <class Functor>
  const Tensor& To420(Stream& stream, const Photo& photo, const Rendered& face);
  template <class Functor>
  void ConvertRegion(Stream& stream, const kernels::Region& region) const;

  CropSize size_;
  std::int64_t width_, height_;  // of the photo
  Tensor crop_, cells_, rgb_, yuv_;
  static constexpr int kNothing = -1;
  int converter_ = kNothing;  // the functor that converted the photo outside its region to yuv_
};

}  // namespace kdtalker::stages
