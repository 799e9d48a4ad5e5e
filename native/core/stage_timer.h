#pragma once

#include <chrono>

#include "core/stage_clock.h"
#include "core/stream.h"

namespace kdtalker {

// Measures a stage in the order of a stream: the time from where the stream comes to Begin() until it comes
// to End(), not that of the calls. Reads the clock on the host; a device that can time its own work does it
// here with events. Must outlive what its stream was given.
class StageTimer {
 public:
  // Without a clock it does nothing.
  StageTimer(StageClock* clock, StageClock::Stage stage) : clock_(clock), stage_(stage) {}

  void Begin(Stream& stream);
  void End(Stream& stream);

  // From its constructor to its destructor. Counts even if the stage throws, since its time was spent.
  class Lap {
   public:
    Lap(StageTimer& timer, Stream& stream) : timer_(timer), stream_(stream) { timer_.Begin(stream_); }
    ~Lap() { timer_.End(stream_); }
    Lap(const Lap&) = delete;
    Lap& operator=(const Lap&) = delete;

   private:
    StageTimer& timer_;
    Stream& stream_;
  };

 private:
  StageClock* clock_;
  StageClock::Stage stage_;
  std::chrono::steady_clock::time_point begun_;  // of the stream's thread
};

}  // namespace kdtalker
