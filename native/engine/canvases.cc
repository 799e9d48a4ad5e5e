#include "engine/canvases.h"

#include <algorithm>

namespace kdtalker {
namespace {

stages::CropSize CropOf(const Portrait& portrait) {
  const TalkerOptions& pack = portrait.talker()->options();
  return {pack.width, pack.height};
}

}  // namespace

Canvases::Canvas::Canvas(Stream& stream, const Portrait& portrait, const Tensor* field)
    : shown(portrait.id()),
      dims(portrait.photo().rgb().dims()),
      paste(stream, CropOf(portrait), portrait.photo(), field, portrait.talker()->renders_halves()) {}

stages::Paste& Canvases::For(Stream& stream, std::uint64_t clip, const Portrait& shown, const Tensor* field) {
  const auto found = Find(clip, shown);
  if (found == canvases_.end()) {
    Make(stream, shown, field);
  } else {
    canvases_.splice(canvases_.begin(), canvases_, found);
  }
  Canvas& canvas = canvases_.front();
  canvas.clip = clip;
  if (canvas.shown == shown.id()) return canvas.paste;
  canvas.shown = 0;
  canvas.paste.Show(stream, shown.photo());
  canvas.shown = shown.id();
  return canvas.paste;
}

// The clip's own; else, if there may be no further one, the one that was not used for the longest time, if it
// is as large.
std::list<Canvases::Canvas>::iterator Canvases::Find(std::uint64_t clip, const Portrait& shown) {
  const auto own = std::find_if(canvases_.begin(), canvases_.end(),
                                [clip](const Canvas& canvas) { return canvas.clip == clip; });
  if (own != canvases_.end() || canvases_.size() < kMost) return own;
  const auto last = std::prev(canvases_.end());
  return last->dims == shown.photo().rgb().dims() ? last : canvases_.end();
}

void Canvases::Make(Stream& stream, const Portrait& portrait, const Tensor* field) {
  if (canvases_.size() == kMost) canvases_.pop_back();
  canvases_.emplace_front(stream, portrait, field);
}

}  // namespace kdtalker
