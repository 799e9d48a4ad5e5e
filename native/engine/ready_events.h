#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>

#include "core/stream.h"

namespace kdtalker {

// Where in the sampling stream which frames became ready, so that another stream waits for its frame's window
// and for no later one. Thread-safe; allocates nothing after its constructor.
class ReadyEvents {
 public:
  explicit ReadyEvents(Device& device);

  // From here in the stream on, `ready` frames are ready: more than at the record before, and than a cut
  // left.
  void Record(Stream& stream, std::int64_t ready);

  // Frames from `frame` on will be made again.
  void Cut(std::int64_t frame);

  // What comes after in the stream waits until the frames before `last` are ready. They have been recorded.
  void Wait(Stream& stream, std::int64_t last) const;

 private:
  struct Entry {
    std::int64_t ready = 0;
    std::unique_ptr<Event> event;
  };

  // More than the windows that are sampled ahead of the renderer. An older frame waits for the oldest kept.
  static constexpr std::size_t kKept = 8;

  mutable std::mutex mutex_;  // guards what follows, and each event
  std::array<Entry, kKept> entries_;
  std::size_t recorded_ = 0;
};

}  // namespace kdtalker
