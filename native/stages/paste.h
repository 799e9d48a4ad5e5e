#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "core/tensor.h"
#include "kernels/paste.h"
#include "stages/crop.h"

namespace kdtalker::stages {

// A picture's whole pixels on the host, and where its crop lies. Never changes once it is made, so that a
// portrait and whoever saves it share one.
struct PhotoPixels {
  // Copies the picture: the one copy between JavaScript's pixels and a device. Throws Error INVALID_ARGUMENT
  // where the matrix has no inverse.
  PhotoPixels(const Picture& picture, const std::array<double, 6>& to_photo);

  const std::vector<std::uint8_t> rgb;  // [height, width, 3]
  const std::int64_t width, height;
  const std::array<double, 6>
      to_photo;                   // row-major 2x3: pixel indices of a rendered crop to those of the photo
  const kernels::ToCrop to_crop;  // its inverse
};

// The size of a rendered crop, pixels.
struct CropSize {
  std::int64_t width, height;
};

// A photo on the device with the mask of its crop, warped once. Immutable: any thread, any number of Paste.
class Photo {
 public:
  // One upload.
  Photo(const std::shared_ptr<Device>& device, const PhotoPixels& pixels, CropSize crop, Crossing why);

  const Tensor& rgb() const { return rgb_; }  // [height, width, 3]
  std::int64_t width() const { return rgb_.dims()[1]; }
  std::int64_t height() const { return rgb_.dims()[0]; }

  // The pixels that a pasted crop can change; empty where the crop lies outside the photo.
  const kernels::Region& region() const { return region_; }
  bool touched() const { return region_.left < region_.right && region_.top < region_.bottom; }

  const Tensor& mask() const { return mask_; }  // [region]; none where the region is empty
  const kernels::ToCrop& to_crop() const { return to_crop_; }

 private:
  Tensor rgb_, mask_;
  kernels::ToCrop to_crop_{};
  kernels::Region region_{};
};

// Rendered crops to whole pictures, in buffers of its own. One thread at a time.
class Paste {
 public:
  Paste(const std::shared_ptr<Device>& device, CropSize crop, const Photo& photo);

  // Pastes into another photo of the same size from here on.
  void Show(const Photo& photo);

  // The picture with `image` [3, crop height, crop width], 0..1, in its place; only the photo's region is
  // made anew. `photo` is the one shown last.
  const Tensor& Rgb(const Photo& photo, const float* image);   // [height, width, 3]
  const Tensor& I420(const Photo& photo, const float* image);  // I420 of the same pixels

 private:
  void ConvertRegion(const kernels::Region& region) const;

  CropSize size_;
  Tensor crop_, rgb_, i420_;
  bool converted_ = false;  // i420_ holds the photo outside its region
};

}  // namespace kdtalker::stages
