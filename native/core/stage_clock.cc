#include "core/stage_clock.h"

#include <algorithm>

namespace kdtalker {

void StageClock::Add(Stage stage, double milliseconds) {
  const std::lock_guard lock(mutex_);
  Ring& ring = rings_[stage];
  ring.recent[static_cast<std::size_t>(ring.laps) % kKept] = milliseconds;
  ring.laps++;
  ring.milliseconds += milliseconds;
}

StageClock::Times StageClock::times(Stage stage) const {
  const std::lock_guard lock(mutex_);
  const Ring& ring = rings_[stage];
  const auto laps = static_cast<std::size_t>(ring.laps);
  const std::size_t kept = std::min(laps, kKept);
  Times times{ring.laps, ring.milliseconds, std::vector<double>(kept)};
  for (std::size_t i = 0; i < kept; i++) times.recent[i] = ring.recent[(laps - kept + i) % kKept];
  return times;
}

}  // namespace kdtalker
