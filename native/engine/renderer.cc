#include "engine/renderer.h"

#include <utility>

#include "core/error.h"
#include "core/launch.h"
#include "kernels/convert.h"
#include "kernels/motion.h"

namespace kdtalker {

namespace {

void CopyTensor(const Tensor& to, const Tensor& from) {
  to.device().Copy(to.address(), from.address(), from.bytes());
}

}  // namespace

FrameSize FrameSize::Of(const Portrait& portrait, bool full) {
  const TalkerOptions& pack = portrait.talker()->options();
  if (!full) return {pack.width, pack.height};
  const auto& photo = portrait.photo_pixels();
  if (photo == nullptr)
    throw Error("INVALID_ARGUMENT", "Expected a portrait that keeps its photo for whole pictures");
  return {photo->width, photo->height};
}

std::size_t FrameSize::Bytes(PixelFormat format) const {
  const std::int64_t rgb = std::int64_t{3} * width * height;
  if (format == PixelFormat::kFloat) return static_cast<std::size_t>(rgb) * sizeof(float);
  return static_cast<std::size_t>(format == PixelFormat::kRgb ? rgb
                                                              : kernels::PictureToI420::Bytes(width, height));
}

Renderer::Renderer(std::shared_ptr<Portrait> portrait, const RunOptions& options)
    : portrait_(std::move(portrait)),
      retargeting_(options.retargeting),
      width_(portrait_->talker()->options().width),
      height_(portrait_->talker()->options().height),
      driving_(portrait_->talker()->device(), Type::kFloat32, {1, kernels::kKeypoints, 3}) {
  const auto& device = portrait_->talker()->device();
  Bind(portrait_->render_source());
  if (options.full) {
    paste_.emplace(device, stages::CropSize{width_, height_}, portrait_->photo());
  } else {
    rgb_ = Tensor(device, Type::kUint8, {height_, width_, 3});
    i420_ = Tensor(device, Type::kUint8, {kernels::PictureToI420::Bytes(width_, height_)});
  }
}

void Renderer::Bind(const stages::Render::Source& source) {
  const auto& networks = portrait_->talker()->networks();
  render_.reset();  // it reads the output of retargeting
  retarget_.emplace(networks, source.keypoints, driving_, portrait_->ratios(), retargeting_);
  render_.emplace(networks, source, retarget_->driving());
}

void Renderer::Show(std::shared_ptr<Portrait> portrait) {
  if (portrait == portrait_) return;
  const stages::Render::Source from = portrait->render_source();
  if (!feature_) MakeRoom(from);
  CopyTensor(feature_, from.feature);
  CopyTensor(keypoints_, from.keypoints);
  for (const auto& [word, tensor] : prepared_) CopyTensor(tensor, from.prepared.at(word));
  retarget_->Show(portrait->ratios());
  if (paste_) paste_->Show(portrait->photo());
  portrait_ = std::move(portrait);
}

// All portraits of a talker have tensors of the same shapes: those of its networks' outputs.
void Renderer::MakeRoom(const stages::Render::Source& like) {
  const auto make = [this](const Tensor& tensor) {
    return Tensor(driving_.shared_device(), tensor.type(), tensor.dims());
  };
  feature_ = make(like.feature);
  keypoints_ = make(like.keypoints);
  for (const auto& [word, tensor] : like.prepared) prepared_.emplace(word, make(tensor));
  Bind({feature_, keypoints_, prepared_});
}

void Renderer::Frame(const Timeline& timeline, std::int64_t frame, PixelFormat format, void* out,
                     const StopToken& stop) {
  timeline.Keypoints(frame, frame + 1, *portrait_, timeline.relative(), driving_.f32());
  StageClock& clock = portrait_->talker()->clock();
  retarget_->Run(frame, stop);
  render_->Run(stop, &clock);
  const StageClock::Lap lap(&clock, StageClock::kConvert);
  Convert(format).Download(out, Crossing::kFrame);
}

const Tensor& Renderer::Convert(PixelFormat format) {
  if (!paste_) return ConvertCrop(format);
  const float* image = render_->image().f32();
  return format == PixelFormat::kRgb ? paste_->Rgb(portrait_->photo(), image)
                                     : paste_->I420(portrait_->photo(), image);
}

const Tensor& Renderer::ConvertCrop(PixelFormat format) const {
  const Device& device = rgb_.device();
  if (format == PixelFormat::kFloat) return render_->image();
  const float* image = render_->image().f32();
  if (format == PixelFormat::kRgb) {
    Launch(device, kernels::PictureToRgb{image, rgb_.u8(), width_, height_});
    return rgb_;
  }
  Launch(device, kernels::PictureToI420{image, i420_.u8(), width_, height_});
  return i420_;
}

}  // namespace kdtalker
