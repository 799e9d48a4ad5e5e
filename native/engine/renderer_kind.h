#pragma once

#include <cstddef>
#include <functional>
#include <memory>

namespace kdtalker {

class LaneRenderer;
class Talker;

// What the renderers of a talker are.
struct RendererKind {
  std::function<std::unique_ptr<LaneRenderer>(Talker&)> make;
  std::size_t batch;  // frames that one begins together at most

  static RendererKind Ordinary();  // Renderer
};

}  // namespace kdtalker
