#include "engine/renderer.h"

#include <utility>

#include "core/error.h"
#include "kernels/convert.h"

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

Renderer::Renderer(Talker& talker)
    : talker_(talker),
      width_(talker.options().width),
      height_(talker.options().height),
      stream_(talker.device()->MakeStream()),
      tickets_(*stream_),
      begun_(tickets_.count()),
      convert_time_(&talker.clock(), StageClock::kConvert) {}

void Renderer::Begin(std::span<Item> items) {
  const std::lock_guard lock(mutex_);
  for (Item& item : items) BeginFrame(item);
}

void Renderer::BeginFrame(Item& item) {
  const Ticket ticket = item.ticket;
  const bool guarded = talker_.renders_halves() && !item.watch->exact && MakesPicture(item.frame);
  Begun begun{std::move(item.frame), 0, guarded};
  CropRenderer& crop = CropOf(begun.frame, item.watch->exact);
  const Tensor& picture = Render(crop, begun.frame);
  begun.bytes = FrameSize::Of(*begun.frame.portrait, begun.frame.options->full).Bytes(begun.frame.format);
  if (begun.guarded) AddRange(picture, begun.bytes, crop.image());
  tickets_.Send(ticket, picture, begun.bytes);
  if (asynchronous()) convert_time_.End(*stream_);
  begun_[ticket] = std::move(begun);
}

CropRenderer& Renderer::CropOf(const Frame& frame, bool exact) {
  std::optional<CropRenderer>& crop = exact ? exact_crop_ : crop_;
  if (!crop) crop.emplace(talker_, *frame.portrait, exact);
  return *crop;
}

// Then the crop's picture is not shown, and need not be made.
bool Renderer::Moves(const Frame& frame) {
  return frame.options->full && frame.portrait->photo().moves();
}

// The network `field` makes none, and is never in halves.
bool Renderer::MakesPicture(const Frame& frame) const {
  const Networks& networks = talker_.networks();
  return !stages::Render::MovesFeature(networks) && (!Moves(frame) || networks.count("field") == 0);
}

// Begins the time of the conversion.
const Tensor& Renderer::Render(CropRenderer& crop, const Frame& frame) {
  crop.Run(*stream_,
           {*frame.timeline, frame.frame, *frame.portrait, frame.options->retargeting, Moves(frame)},
           asynchronous() ? never_ : *frame.stop);
  convert_time_.Begin(*stream_);
  return Convert(crop, frame);
}

void Renderer::AddRange(const Tensor& picture, std::size_t shown, const Tensor& image) {
  if (!guard_) guard_.emplace(talker_.device(), image.count());
  guard_->Watch(*stream_, picture, shown, image);
}

// Frames that were begun in halves before one of them failed are made again too: how many there were depends
// on time, and their bytes must not.
void Renderer::Finish(Ticket ticket, void* out, Watch& watch) {
  const std::byte* const sent = tickets_.Finish(ticket, out);
  if (!asynchronous()) convert_time_.End(*stream_);
  const Begun& begun = begun_[ticket];
  if (begun.guarded && (watch.exact || !FrameGuard::Holds(sent, begun.bytes, watch.first)))
    RenderExactly(ticket, begun, out, watch);
  watch.first = false;
  begun_[ticket] = {};
}

// Another picture takes the place of that which was sent.
void Renderer::RenderExactly(Ticket ticket, const Begun& begun, void* out, Watch& watch) {
  {
    const std::lock_guard lock(mutex_);
    watch.exact = true;
    tickets_.Send(ticket, Render(CropOf(begun.frame, true), begun.frame), begun.bytes);
    convert_time_.End(*stream_);
  }
  tickets_.Finish(ticket, out);
}

bool Renderer::Abandon(Ticket ticket) noexcept {
  if (begun_[ticket].frame.timeline == nullptr || !asynchronous()) return false;
  try {
    tickets_.Wait(ticket);
    begun_[ticket] = {};
    return true;
  } catch (...) {
    return false;
  }
}

const Tensor& Renderer::Convert(const CropRenderer& crop, const Frame& frame) {
  return frame.options->full ? PasteCrop(crop, frame) : ConvertCrop(crop.image(), frame.format);
}

const Tensor& Renderer::PasteCrop(const CropRenderer& crop, const Frame& frame) {
  const stages::Photo& photo = frame.portrait->photo();
  const stages::Rendered face{crop.image().f32(), crop.field()};
  stages::Paste& canvas = canvases_.For(*stream_, frame.clip, *frame.portrait, crop.field());
  if (frame.format == PixelFormat::kI420) return canvas.I420(*stream_, photo, face);
  if (frame.format == PixelFormat::kNv12) return canvas.Nv12(*stream_, photo, face);
  return canvas.Rgb(*stream_, photo, face);
}

const Tensor& Renderer::ConvertCrop(const Tensor& image, PixelFormat format) {
  const std::int64_t bytes = kernels::PictureToI420::Bytes(width_, height_);
  if (format == PixelFormat::kFloat) return Floats(image);
  if (format == PixelFormat::kI420) return ConvertTo<kernels::PictureToI420>(yuv_, bytes, image);
  if (format == PixelFormat::kNv12) return ConvertTo<kernels::PictureToNv12>(yuv_, bytes, image);
  return ConvertTo<kernels::PictureToRgb>(rgb_, 3 * height_ * width_, image);
}

// Nothing converts them; where a range may follow, they are copied to where there is room for it.
const Tensor& Renderer::Floats(const Tensor& image) {
  if (!talker_.renders_halves()) return image;
  if (!floats_) floats_ = Room(static_cast<std::int64_t>(image.bytes()));
  stream_->Copy(floats_.address(), image.address(), image.bytes());
  return floats_;
}

Tensor Renderer::Room(std::int64_t bytes) const {
  return stages::MakePicture(stream_->shared_device(), bytes, talker_.renders_halves());
}

template <class Functor>
const Tensor& Renderer::ConvertTo(Tensor& out, std::int64_t bytes, const Tensor& image) {
  if (!out) out = Room(bytes);
  stream_->Launch(Functor{image.f32(), out.u8(), width_, height_});
  return out;
}

}  // namespace kdtalker
