#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "engine/frame_tickets.h"
#include "engine/options.h"
#include "engine/portrait.h"
#include "engine/timeline.h"

namespace kdtalker {

// The size of a finished frame, pixels.
struct FrameSize {
  std::int64_t width, height;

  // Of the rendered crop, or of the portrait's photo. Throws Error INVALID_ARGUMENT if that was not kept.
  static FrameSize Of(const Portrait& portrait, bool full);
  std::size_t Bytes(PixelFormat format) const;
};

// What renders a lane's frames, of any clip: a Renderer, or what a test puts in its place. Any thread, but
// one for each ticket.
class LaneRenderer {
 public:
  virtual ~LaneRenderer() = default;

  // What a frame is made of. With `full` it is the portrait's whole photo with the rendered crop pasted in.
  struct Frame {
    const Timeline* timeline = nullptr;
    std::int64_t frame = 0;
    PixelFormat format = PixelFormat::kRgb;
    const RunOptions* options = nullptr;
    const StopToken* stop = nullptr;
    std::shared_ptr<Portrait> portrait = {};  // shown: the clip's, or a picture of its source video
    std::uint64_t clip = 0;                   // Portrait::id() of the clip's own
  };

  // What is known of the frames of a clip that one thread renders.
  struct Watch {
    bool exact = false;  // one did not hold in halves: they are rendered in float32
    bool first = true;   // none is finished
  };

  using Ticket = FrameTickets::Ticket;
  struct Item {
    Ticket ticket = 0;
    Frame frame = {};
    const Watch* watch = nullptr;
  };

  // Gives the device frames to render, of one clip or of several: no more at a time than the lanes' schedule
  // was told that it takes. What a frame is made of must live until it is finished or abandoned. The device
  // may have as many as there are tickets. Where it goes on alone, a frame is made even if its clip stops
  // meanwhile: others follow it in the stream. If it throws, all of them are given up.
  virtual void Begin(std::span<Item> items) = 0;

  // Waits for a frame and copies it to host memory of at least FrameSize::Bytes(). The frames of a clip
  // finish in the order in which they began.
  virtual void Finish(Ticket ticket, void* out, Watch& watch) = 0;

  // Waits for a frame that nobody wants any more. False if it failed, or was not begun: this can render no
  // other then.
  virtual bool Abandon(Ticket ticket) noexcept = 0;

  // Numbered from 0: as many as a batch has, for each batch that may be under way.
  virtual std::size_t tickets() const = 0;
};

}  // namespace kdtalker
