#include "engine/renderer.h"

#include <utility>

#include "core/error.h"
#include "kernels/convert.h"
#include "kernels/motion.h"

namespace kdtalker {

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

Renderer::Renderer(Stream& stream, std::shared_ptr<Portrait> portrait, const RunOptions& options)
    : stream_(stream),
      portrait_(std::move(portrait)),
      retargeting_(options.retargeting),
      full_(options.full),
      width_(portrait_->talker()->options().width),
      height_(portrait_->talker()->options().height),
      convert_time_(&portrait_->talker()->clock(), StageClock::kConvert),
      driving_(portrait_->talker()->device(), Type::kFloat32, {1, kernels::kKeypoints, 3}),
      tickets_(stream_),
      begun_(tickets_.most()) {
  const auto& device = portrait_->talker()->device();
  Bind(portrait_->render_source());
  if (portrait_->talker()->renders_halves()) guard_.emplace(device, render_->image().count());
  if (options.full) {
    paste_.emplace(stream_, stages::CropSize{width_, height_}, portrait_->photo(), Face().field);
  } else {
    rgb_ = Tensor(device, Type::kUint8, {height_, width_, 3});
    yuv_ = Tensor(device, Type::kUint8, {kernels::PictureToI420::Bytes(width_, height_)});
  }
}

// Networks in float32 are whole: nothing of them runs once for a portrait.
void Renderer::Bind(const stages::Render::Source& source) {
  Talker& talker = *portrait_->talker();
  const Networks& networks = exact_ ? talker.exact_networks() : talker.networks();
  const std::map<std::string, Tensor> nothing;
  const stages::Render::Source from{source.feature, source.keypoints, exact_ ? nothing : source.prepared};
  render_.reset();  // it reads the output of retargeting
  retarget_.emplace(networks, source.keypoints, driving_, portrait_->ratios(), retargeting_);
  render_.emplace(networks, from, retarget_->driving(), false, &talker.clock());
  if (full_ && stages::Render::HasField(networks)) render_->KeepField();
}

// The tensors that the renderer reads.
stages::Render::Source Renderer::Shown() const {
  if (!feature_) return portrait_->render_source();
  return {feature_, keypoints_, prepared_};
}

void Renderer::Show(std::shared_ptr<Portrait> portrait) {
  if (portrait == portrait_) return;
  const stages::Render::Source from = portrait->render_source();
  if (!feature_) MakeRoom(from);
  CopyTensor(stream_, feature_, from.feature);
  CopyTensor(stream_, keypoints_, from.keypoints);
  for (const auto& [word, tensor] : prepared_) CopyTensor(stream_, tensor, from.prepared.at(word));
  retarget_->Show(portrait->ratios());
  if (paste_) paste_->Show(stream_, portrait->photo());
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
  Bind(Shown());
}

Renderer::Ticket Renderer::Begin(const Timeline& timeline, std::int64_t frame, PixelFormat format,
                                 const StopToken& stop) {
  Begun begun{&timeline, frame, format, &stop, portrait_};
  begun.guarded = guard_ && !exact_;
  const Tensor& picture = Render(begun);
  begun.bytes = picture.bytes();
  const Tensor& sent = begun.guarded ? guard_->Follow(stream_, picture, render_->image()) : picture;
  const Ticket ticket = tickets_.Begin(sent, begun.bytes);
  begun_[ticket] = std::move(begun);
  if (stream_.device().asynchronous()) convert_time_.End(stream_);
  return ticket;
}

// Begins the time of the conversion.
const Tensor& Renderer::Render(const Begun& frame) {
  frame.timeline->Keypoints(stream_, frame.frame, frame.frame + 1, *frame.portrait,
                            frame.timeline->relative(), driving_.f32());
  retarget_->Run(stream_, frame.frame, *frame.stop);
  render_->Run(stream_, *frame.stop);
  convert_time_.Begin(stream_);
  return Convert(frame.format);
}

// Frames that were begun in halves before one of them failed are made again too: how many there were depends
// on time, and their bytes must not.
void Renderer::Finish(Ticket ticket, void* out) {
  const std::byte* const sent = tickets_.Finish(ticket, out);
  if (!stream_.device().asynchronous()) convert_time_.End(stream_);
  const Begun frame = std::exchange(begun_[ticket], {});
  if (frame.guarded && (exact_ || !FrameGuard::Holds(sent, frame.bytes, first_)))
    RenderExactly(ticket, frame, out);
  first_ = false;
}

void Renderer::RenderExactly(Ticket ticket, const Begun& frame, void* out) {
  if (!exact_) BeExact();
  auto shown = portrait_;
  Show(frame.portrait);
  tickets_.Send(ticket, Render(frame), frame.bytes);
  convert_time_.End(stream_);
  tickets_.Finish(ticket, out);
  Show(std::move(shown));
}

void Renderer::BeExact() {
  exact_ = true;
  Bind(Shown());
}

const Tensor& Renderer::Convert(PixelFormat format) {
  return paste_ ? PasteCrop(format) : ConvertCrop(format);
}

const Tensor& Renderer::PasteCrop(PixelFormat format) {
  const stages::Photo& photo = portrait_->photo();
  if (format == PixelFormat::kI420) return paste_->I420(stream_, photo, Face());
  if (format == PixelFormat::kNv12) return paste_->Nv12(stream_, photo, Face());
  return paste_->Rgb(stream_, photo, Face());
}

stages::Rendered Renderer::Face() const {
  return {render_->image().f32(), render_->field() ? &render_->field() : nullptr};
}

const Tensor& Renderer::ConvertCrop(PixelFormat format) {
  if (format == PixelFormat::kFloat) return render_->image();
  if (format == PixelFormat::kI420) return ConvertTo<kernels::PictureToI420>(yuv_);
  if (format == PixelFormat::kNv12) return ConvertTo<kernels::PictureToNv12>(yuv_);
  return ConvertTo<kernels::PictureToRgb>(rgb_);
}

template <class Functor>
const Tensor& Renderer::ConvertTo(const Tensor& out) {
  stream_.Launch(Functor{render_->image().f32(), out.u8(), width_, height_});
  return out;
}

}  // namespace kdtalker
