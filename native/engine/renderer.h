#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>

#include "engine/options.h"
#include "engine/portrait.h"
#include "engine/timeline.h"
#include "stages/paste.h"
#include "stages/render.h"
#include "stages/retarget.h"

namespace kdtalker {

// The size of a finished frame, pixels.
struct FrameSize {
  std::int64_t width, height;

  // Of the rendered crop, or of the portrait's photo. Throws Error INVALID_ARGUMENT if that was not kept.
  static FrameSize Of(const Portrait& portrait, bool full);
  std::size_t Bytes(PixelFormat format) const;
};

// Motion to finished pictures, one frame at a time, in buffers that live as long as the clip.
class Renderer {
 public:
  // `options` must outlive this. With `full` frames are the portrait's whole photo with the rendered crop
  // pasted in.
  Renderer(std::shared_ptr<Portrait> portrait, const RunOptions& options);

  // Later frames show another portrait, of the same talker and with a photo of the same size: a frame of a
  // source video. The renderer copies the parts that it reads on the device, into buffers made at the first
  // call.
  void Show(std::shared_ptr<Portrait> portrait);

  // Renders a ready frame and copies it to host memory of at least FrameSize::Bytes().
  void Frame(const Timeline& timeline, std::int64_t frame, PixelFormat format, void* out,
             const StopToken& stop);

 private:
  void Bind(const stages::Render::Source& source);
  void MakeRoom(const stages::Render::Source& like);
  const Tensor& Convert(PixelFormat format);
  const Tensor& ConvertCrop(PixelFormat format) const;

  std::shared_ptr<Portrait> portrait_;
  const stages::Retargeting& retargeting_;
  std::int64_t width_, height_;
  Tensor driving_, rgb_, i420_;
  Tensor feature_, keypoints_;  // with those below, of the portrait shown, once it is not the first
  std::map<std::string, Tensor> prepared_;
  std::optional<stages::Retarget> retarget_;
  std::optional<stages::Render> render_;
  std::optional<stages::Paste> paste_;
};

}  // namespace kdtalker
