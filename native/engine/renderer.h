#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <vector>

#include "core/stage_timer.h"
#include "engine/canvases.h"
#include "engine/crop_renderer.h"
#include "engine/frame_guard.h"
#include "engine/frame_tickets.h"
#include "engine/lane_renderer.h"
#include "engine/options.h"
#include "engine/portrait.h"
#include "engine/timeline.h"

namespace kdtalker {

// What renders a lane's frames: motion to finished pictures, frame after frame in a stream of its own, of any
// clip. Its buffers are made when a frame first needs them. Any thread, but one for each ticket.
//
// Where the talker renders in half precision and has the same networks in float32, a guard watches: from a
// frame of a clip on that halves could not hold (FrameGuard), its frames are rendered in float32. Those
// networks are loaded then, the only loading while frames are rendered.
class Renderer final : public LaneRenderer {
 public:
  // The talker must outlive this.
  explicit Renderer(Talker& talker);

  // Frames that a run of its networks takes: they have no dimension for more, and one keeps a GPU busy
  // (docs/gpu.md).
  static constexpr std::size_t kMostBatch = 1;

  void Begin(std::span<Item> items) override;
  void Finish(Ticket ticket, void* out, Watch& watch) override;
  bool Abandon(Ticket ticket) noexcept override;
  std::size_t tickets() const override { return tickets_.count(); }

 private:
  struct Begun {
    Frame frame = {};
    std::size_t bytes = 0;
    bool guarded = false;
  };

  void BeginFrame(Item& item);
  bool asynchronous() const { return stream_->device().asynchronous(); }
  CropRenderer& CropOf(const Frame& frame, bool exact);
  static bool Moves(const Frame& frame);
  bool MakesPicture(const Frame& frame) const;
  const Tensor& Render(CropRenderer& crop, const Frame& frame);
  void RenderExactly(Ticket ticket, const Begun& begun, void* out, Watch& watch);
  void AddRange(const Tensor& picture, std::size_t shown, const Tensor& image);
  const Tensor& Convert(const CropRenderer& crop, const Frame& frame);
  const Tensor& ConvertCrop(const Tensor& image, PixelFormat format);
  const Tensor& Floats(const Tensor& image);
  Tensor Room(
      std::int64_t bytes) const;  // for a picture of so many bytes, and its range where one may follow
  const Tensor& PasteCrop(const CropRenderer& crop, const Frame& frame);
  template <class Functor>
  const Tensor& ConvertTo(Tensor& out, std::int64_t bytes, const Tensor& image);

  Talker& talker_;
  const std::int64_t width_, height_;  // of a crop
  const StopToken never_;
  const std::unique_ptr<Stream> stream_;
  FrameTickets tickets_;
  std::vector<Begun> begun_;  // by ticket

  std::mutex mutex_;  // guards what follows, and the stream
  StageTimer convert_time_;
  Tensor rgb_, yuv_, floats_;
  std::optional<CropRenderer> crop_, exact_crop_;
  Canvases canvases_;
  std::optional<FrameGuard> guard_;
};

}  // namespace kdtalker
