#pragma once

#include <cstddef>
#include <cstdint>
#include <list>

#include "engine/portrait.h"
#include "stages/paste.h"

namespace kdtalker {

// Whole pictures in work. A canvas is a photo in which the last rendered crop was pasted, so that a frame
// changes only the crop's place; it serves the clips of one portrait, then those of another. Copying a photo
// is not cheap, and lanes change between clips: each has a few. In one stream; one thread at a time.
class Canvases {
 public:
  static constexpr std::size_t kMost = 2;

  // The canvas of a clip, with the photo of `shown`: the clip's own portrait, whose number is `clip`, or
  // another with a photo of the same size. `field`: like those that will be given, or null. Valid in the
  // stream until the next call.
  stages::Paste& For(Stream& stream, std::uint64_t clip, const Portrait& shown, const Tensor* field);

 private:
  struct Canvas {
    Canvas(Stream& stream, const Portrait& portrait, const Tensor* field);

    std::uint64_t clip = 0, shown = 0;  // Portrait::id(); 0: none
    std::vector<std::int64_t> dims;     // of the photo
    stages::Paste paste;
  };

  std::list<Canvas>::iterator Find(std::uint64_t clip, const Portrait& shown);
  void Make(Stream& stream, const Portrait& portrait, const Tensor* field);

  std::list<Canvas> canvases_;  // the one used last is first
};

}  // namespace kdtalker
