#pragma once

#include <memory>

#include "core/stream.h"

namespace kdtalker {

// The same operations, the same kernels on the same addresses, given to a stream again and again. Where the
// device has graphs the second run captures them as one, and from then on a run is one call. The first run
// gives them singly, which loads the kernels: no capture may. One thread at a time.
class Repeat {
 public:
  // give() gives the operations; it must not wait, nor record an event. It is not called where a graph
  // stands for it.
  template <class Give>
  void Run(Stream& stream, Give give);

  // Forgets the graph: the operations have changed.
  void Reset() {
    graph_.reset();
    runs_ = 0;
  }

 private:
  template <class Give>
  static std::unique_ptr<Graph> CaptureOf(Stream& stream, Give give);

  std::unique_ptr<Graph> graph_;
  int runs_ = 0;  // counted up to the one that captures
};

template <class Give>
void Repeat::Run(Stream& stream, Give give) {
  if (!stream.capturing()) {
    if (graph_ == nullptr && runs_ == 1) graph_ = CaptureOf(stream, give);
    if (runs_ < 2) runs_++;
    if (graph_ != nullptr) return stream.Replay(*graph_);
  }
  give();  // into the capture of somebody else, or because there is no graph
}

// Null if the device has no graphs, or refuses this one.
template <class Give>
std::unique_ptr<Graph> Repeat::CaptureOf(Stream& stream, Give give) {
  if (!stream.BeginCapture()) return nullptr;
  try {
    give();
  } catch (...) {
    stream.EndCapture();
    throw;
  }
  return stream.EndCapture();
}

}  // namespace kdtalker
