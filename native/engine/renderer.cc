#include "engine/renderer.h"

#include <utility>

#include "core/launch.h"
#include "kernels/convert.h"

namespace kdtalker {

std::size_t Renderer::FrameBytes(const TalkerOptions& pack, PixelFormat format) {
  const std::int64_t rgb = std::int64_t{3} * pack.width * pack.height;
  if (format == PixelFormat::kFloat) return static_cast<std::size_t>(rgb) * sizeof(float);
  return static_cast<std::size_t>(
      format == PixelFormat::kRgb ? rgb : kernels::PictureToI420::Bytes(pack.width, pack.height));
}

Renderer::Renderer(std::shared_ptr<Portrait> portrait, const ClipOptions& options)
    : portrait_(std::move(portrait)),
      width_(portrait_->talker()->options().width),
      height_(portrait_->talker()->options().height),
      driving_(portrait_->talker()->device(), Type::kFloat32, {1, 21, 3}),
      rgb_(portrait_->talker()->device(), Type::kUint8, {height_, width_, 3}),
      i420_(portrait_->talker()->device(), Type::kUint8, {kernels::PictureToI420::Bytes(width_, height_)}),
      retarget_(portrait_->talker()->networks(), portrait_->keypoints(), driving_, portrait_->ratios(),
                options.retargeting),
      render_(portrait_->talker()->networks(), portrait_->render_source(), retarget_.driving()) {}

void Renderer::Frame(const Timeline& timeline, std::int64_t frame, PixelFormat format, void* out,
                     const StopToken& stop) {
  timeline.Keypoints(frame, driving_.f32());
  StageClock& clock = portrait_->talker()->clock();
  retarget_.Run(frame, stop);
  render_.Run(stop, &clock);
  const StageClock::Lap lap(&clock, StageClock::kConvert);
  Convert(format).Download(out, Crossing::kFrame);
}

const Tensor& Renderer::Convert(PixelFormat format) const {
  const Device& device = rgb_.device();
  if (format == PixelFormat::kFloat) return render_.image();
  const float* image = render_.image().f32();
  if (format == PixelFormat::kRgb) {
    Launch(device, kernels::PictureToRgb{image, rgb_.u8(), width_, height_});
    return rgb_;
  }
  Launch(device, kernels::PictureToI420{image, i420_.u8(), width_, height_});
  return i420_;
}

}  // namespace kdtalker
