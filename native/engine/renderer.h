#pragma once

#include <memory>

#include "engine/options.h"
#include "engine/portrait.h"
#include "engine/timeline.h"
#include "stages/render.h"
#include "stages/retarget.h"

namespace kdtalker {

// Motion to finished 8-bit pictures, one frame at a time, in buffers that live as long as the clip.
class Renderer {
 public:
  // `options` must outlive this.
  Renderer(std::shared_ptr<Portrait> portrait, const ClipOptions& options);

  // Renders a ready frame and copies it to host memory of at least FrameBytes().
  void Frame(const Timeline& timeline, std::int64_t frame, PixelFormat format, void* out,
             const StopToken& stop);

  static std::size_t FrameBytes(const TalkerOptions& pack, PixelFormat format);

 private:
  const Tensor& Convert(PixelFormat format) const;

  std::shared_ptr<Portrait> portrait_;
  std::int64_t width_, height_;
  Tensor driving_, rgb_, i420_;
  stages::Retarget retarget_;
  stages::Render render_;
};

}  // namespace kdtalker
