#include "engine/renderer.h"

#include <utility>

#include "core/error.h"
#include "core/launch.h"
#include "kernels/convert.h"

namespace kdtalker {

FrameSize FrameSize::Of(const Portrait& portrait, bool full) {
  const TalkerOptions& pack = portrait.talker()->options();
  if (!full) return {pack.width, pack.height};
  const stages::Photo* photo = portrait.photo();
  if (photo == nullptr)
    throw Error("INVALID_ARGUMENT", "Expected a portrait that keeps its photo for whole pictures");
  return {photo->width(), photo->height()};
}

std::size_t FrameSize::Bytes(PixelFormat format) const {
  const std::int64_t rgb = std::int64_t{3} * width * height;
  return static_cast<std::size_t>(format == PixelFormat::kRgb ? rgb
                                                              : kernels::PictureToI420::Bytes(width, height));
}

Renderer::Renderer(std::shared_ptr<Portrait> portrait, bool full)
    : portrait_(std::move(portrait)),
      width_(portrait_->talker()->options().width),
      height_(portrait_->talker()->options().height),
      driving_(portrait_->talker()->device(), Type::kFloat32, {1, 21, 3}) {
  const Talker& talker = *portrait_->talker();
  const auto& device = talker.device();
  render_.emplace(talker.networks(), portrait_->feature(), portrait_->keypoints(), driving_);
  if (full) {
    paste_.emplace(device, stages::CropSize{width_, height_}, *portrait_->photo());
  } else {
    rgb_ = Tensor(device, Type::kUint8, {height_, width_, 3});
    i420_ = Tensor(device, Type::kUint8, {kernels::PictureToI420::Bytes(width_, height_)});
  }
}

void Renderer::Show(std::shared_ptr<Portrait> portrait) {
  if (portrait == portrait_) return;
  Device& device = driving_.device();
  const Tensor &feature = portrait->feature(), &keypoints = portrait->keypoints();
  if (!feature_) {
    feature_ = Tensor(driving_.shared_device(), feature.type(), feature.dims());
    keypoints_ = Tensor(driving_.shared_device(), keypoints.type(), keypoints.dims());
    render_.emplace(portrait->talker()->networks(), feature_, keypoints_, driving_);
  }
  device.Copy(feature_.address(), feature.address(), feature.bytes());
  device.Copy(keypoints_.address(), keypoints.address(), keypoints.bytes());
  if (paste_) paste_->Show(*portrait->photo());
  portrait_ = std::move(portrait);
}

void Renderer::Frame(const Timeline& timeline, std::int64_t frame, PixelFormat format, void* out,
                     const StopToken& stop) {
  timeline.Keypoints(frame, *portrait_, driving_.f32());
  render_->Run(stop);
  Convert(format).Download(out, Crossing::kFrame);
}

const Tensor& Renderer::Convert(PixelFormat format) {
  if (!paste_) return ConvertCrop(format);
  const float* image = render_->image().f32();
  return format == PixelFormat::kRgb ? paste_->Rgb(*portrait_->photo(), image)
                                     : paste_->I420(*portrait_->photo(), image);
}

const Tensor& Renderer::ConvertCrop(PixelFormat format) const {
  const Device& device = rgb_.device();
  const float* image = render_->image().f32();
  if (format == PixelFormat::kRgb) {
    Launch(device, kernels::PictureToRgb{image, rgb_.u8(), width_, height_});
    return rgb_;
  }
  Launch(device, kernels::PictureToI420{image, i420_.u8(), width_, height_});
  return i420_;
}

}  // namespace kdtalker
