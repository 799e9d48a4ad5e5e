#include "engine/ready_events.h"

#include <algorithm>

namespace kdtalker {

ReadyEvents::ReadyEvents(Device& device) {
  for (Entry& entry : entries_) entry.event = device.MakeEvent();
}

void ReadyEvents::Record(Stream& stream, std::int64_t ready) {
  const std::lock_guard lock(mutex_);
  Entry& oldest = entries_[recorded_++ % kKept];
  oldest.ready = ready;
  stream.Record(*oldest.event);
}

void ReadyEvents::Cut(std::int64_t frame) {
  const std::lock_guard lock(mutex_);
  for (Entry& entry : entries_) entry.ready = std::min(entry.ready, frame);
}

void ReadyEvents::Wait(Stream& stream, std::int64_t last) const {
  const std::lock_guard lock(mutex_);
  for (std::size_t at = recorded_ - std::min(recorded_, kKept); at < recorded_; at++) {
    const Entry& entry = entries_[at % kKept];
    if (entry.ready < last && at + 1 < recorded_) continue;
    stream.Wait(*entry.event);
    return;
  }
}

}  // namespace kdtalker
