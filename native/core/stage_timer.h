#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <memory>

#include "core/stage_clock.h"
#include "core/stream.h"

namespace kdtalker {

// Measures a stage in the order of a stream: the time from where the stream comes to Begin() until it comes
// to End(), not that of the calls. A GPU times its work itself, by events, and its laps are counted a few
// laps later; elsewhere the host's clock is read in the order of the stream. One stream; one thread at a
// time.
class StageTimer {
 public:
  // Without a clock it does nothing.
  StageTimer(StageClock* clock, StageClock::Stage stage) : clock_(clock), stage_(stage) {}
  ~StageTimer();  // waits for what it gave to its stream, and counts the laps that are left
  StageTimer(const StageTimer&) = delete;
  StageTimer& operator=(const StageTimer&) = delete;

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
  struct EventPair {
    std::unique_ptr<TimedEvent> begin, end;
    bool ended = false;  // and not yet counted
  };
  // More than the frames that are begun and not finished, so that a lap is done before its pair is used
  // again.
  static constexpr std::size_t kPairs = 4;

  void Prepare(Device& device);
  void Count(EventPair& pair) noexcept;
  EventPair& current() { return pairs_[laps_ % kPairs]; }

  StageClock* const clock_;
  const StageClock::Stage stage_;
  std::shared_ptr<Device> device_;                // of the stream; null before the first lap
  std::chrono::steady_clock::time_point begun_;   // of the stream's thread
  std::chrono::steady_clock::duration paused_{};  // of the stream until then
  std::array<EventPair, kPairs> pairs_;           // empty where the host's clock is read
  std::size_t laps_ = 0;
};

}  // namespace kdtalker
