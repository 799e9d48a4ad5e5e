#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/stage_timer.h"
#include "engine/frame_guard.h"
#include "engine/frame_tickets.h"
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

// Motion to finished pictures, frame after frame in one stream, in buffers that live as long as the clip. One
// thread at a time.
//
// Where the talker renders in half precision and has the same networks in float32, a guard watches: from a
// frame on that halves could not hold (FrameGuard), frames are rendered in float32. Those networks are loaded
// then, the only loading and allocation while frames are rendered.
class Renderer {
 public:
  // `stream` and `options` must outlive this. With `full` frames are the portrait's whole photo with the
  // rendered crop pasted in.
  Renderer(Stream& stream, std::shared_ptr<Portrait> portrait, const RunOptions& options);

  // Frames that begin later show another portrait, of the same talker and with a photo of the same size: a
  // frame of a source video. The renderer copies the parts that it reads on the device, into buffers made at
  // the first call.
  void Show(std::shared_ptr<Portrait> portrait);

  // Gives the device a frame of the timeline to render. The portrait shown and `stop` must live until it is
  // finished, and so must `timeline`. At most tickets() frames may be begun and not finished.
  using Ticket = FrameTickets::Ticket;
  Ticket Begin(const Timeline& timeline, std::int64_t frame, PixelFormat format, const StopToken& stop);

  // Waits for a frame and copies it to host memory of at least FrameSize::Bytes(). Frames finish in the order
  // in which they began.
  void Finish(Ticket ticket, void* out);

  std::size_t tickets() const { return tickets_.most(); }

  // Whether frames are rendered in float32 because one did not hold in halves.
  bool exact() const { return exact_; }

 private:
  // What a frame is made of, so that it can be made again.
  struct Begun {
    const Timeline* timeline = nullptr;
    std::int64_t frame = 0;
    PixelFormat format = PixelFormat::kRgb;
    const StopToken* stop = nullptr;
    std::shared_ptr<Portrait> portrait = {};
    std::size_t bytes = 0;
    bool guarded = false;
  };

  const Tensor& Render(const Begun& frame);
  void RenderExactly(Ticket ticket, const Begun& frame, void* out);
  void BeExact();
  stages::Render::Source Shown() const;
  void Bind(const stages::Render::Source& source);
  void MakeRoom(const stages::Render::Source& like);
  stages::Rendered Face() const;
  const Tensor& Convert(PixelFormat format);
  const Tensor& ConvertCrop(PixelFormat format);
  const Tensor& PasteCrop(PixelFormat format);
  template <class Functor>
  const Tensor& ConvertTo(const Tensor& out);

  Stream& stream_;
  std::shared_ptr<Portrait> portrait_;
  const stages::Retargeting& retargeting_;
  const bool full_;
  std::int64_t width_, height_;
  StageTimer convert_time_;
  Tensor driving_, rgb_, yuv_;
  Tensor feature_, keypoints_;  // with those below, of the portrait shown, once it is not the first
  std::map<std::string, Tensor> prepared_;
  std::optional<stages::Retarget> retarget_;
  std::optional<stages::Render> render_;
  std::optional<stages::Paste> paste_;
  FrameTickets tickets_;
  std::vector<Begun> begun_;  // by ticket
  std::optional<FrameGuard> guard_;
  bool exact_ = false;
  bool first_ = true;  // no frame is finished
};

}  // namespace kdtalker
