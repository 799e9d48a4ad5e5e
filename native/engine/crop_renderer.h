#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "core/tensor.h"
#include "engine/portrait.h"
#include "engine/timeline.h"
#include "stages/render.h"
#include "stages/retarget.h"

namespace kdtalker {

// Motion to the picture of a crop, for any clip of a talker and any of its portraits, in one stream. Owns its
// buffers; what was captured of a run stays when another portrait is shown. One thread at a time.
class CropRenderer {
 public:
  // With Talker::networks(), or with `exact` those in float32, which may be loaded now. The talker must
  // outlive this. `like`: any of its portraits, all of which have tensors of the same shapes.
  CropRenderer(Talker& talker, const Portrait& like, bool exact = false);

  // What a picture is made of.
  struct Frame {
    const Timeline& timeline;
    std::int64_t frame;
    const Portrait& portrait;
    const stages::Retargeting& retargeting;
    bool moves;  // only field() is wanted: a photo's own pixels move by it
  };

  // What it reads of the frame must live until the stream has done this; the portrait until another is shown.
  void Run(Stream& stream, const Frame& frame, const StopToken& stop);

  // What the last run made; stages::Rendered.
  const Tensor& image() const { return render_->image(); }  // [1, 3, height, width], 0..1
  const Tensor* field() const { return render_->field() ? &render_->field() : nullptr; }

 private:
  void MakeCopies(const stages::Render::Source& like);
  stages::Render::Source SourceOf(const Portrait& portrait) const;
  void Show(Stream& stream, const Portrait& portrait);
  void Copy(Stream& stream, const stages::Render::Source& from);

  const Networks& networks_;
  const bool exact_;
  const Tensor driving_, keypoints_;  // [1, 21, 3]: what the networks read; those of the portrait shown
  // With prepared_: copies of the portrait's tensors, where runs may be under way that read the last one's.
  Tensor feature_;
  std::map<std::string, Tensor> prepared_;
  stages::Retarget retarget_;
  std::optional<stages::Render> render_;
  std::uint64_t shown_ = 0;  // Portrait::id(); 0: none
};

}  // namespace kdtalker
