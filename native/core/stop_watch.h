#pragma once

#include <chrono>
#include <memory>

#include "core/stream.h"

namespace kdtalker {

// Measures what is given to a stream: by the device's own events, or by the host's clock where it has none.
// Waits for the stream.
class StopWatch {
 public:
  explicit StopWatch(Stream& stream)
      : stream_(stream), begin_(stream.device().MakeTimedEvent()), end_(stream.device().MakeTimedEvent()) {}

  // Of the operations that give() gives.
  template <class Give>
  double Milliseconds(Give give) {
    return begin_ != nullptr ? ByEvents(give) : ByClock(give);
  }

 private:
  template <class Give>
  double ByEvents(Give give) {
    stream_.Record(*begin_);
    give();
    stream_.Record(*end_);
    return end_->MillisecondsSince(*begin_);
  }

  template <class Give>
  double ByClock(Give give) {
    stream_.Synchronise();
    const auto begun = std::chrono::steady_clock::now();
    give();
    stream_.Synchronise();
    return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begun).count();
  }

  Stream& stream_;
  const std::unique_ptr<TimedEvent> begin_, end_;  // null where the device times nothing
};

}  // namespace kdtalker
