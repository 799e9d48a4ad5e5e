#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <string>
#include <utility>

#include "engine/lane_schedule.h"

namespace kdtalker {

// The lanes of a talker. What its clips compute is done in turns, never more at a time than there are lanes;
// LaneSchedule says whose turn it is. Thread-safe.
class Lanes {
 public:
  using Kind = LaneSchedule::Kind;

  // A clip or a stream, as the lanes know it.
  class Job {
   public:
    // Throws Error BUSY.
    Job(Lanes& lanes, const LaneSchedule::Claim& claim);
    ~Job();  // no turn of it is held or awaited
    Job(const Job&) = delete;
    Job& operator=(const Job&) = delete;

    void Want();  // it has requests
    void Rest();  // it has none: a file's place is another's
    void Stop();  // whoever waits for a turn of it gets Error ABORTED, and whoever asks for one later
    void Fail();  // the same, and it is counted

    // A stream's frame was finished just now.
    void Finished(double due);

   private:
    friend class Lanes;
    Lanes& lanes_;
    LaneSchedule::Job* job_;
    std::condition_variable changed_;
    bool late_ = false;  // the last frame was
  };

  // The right to compute one item, until it ends.
  class Turn {
   public:
    Turn() = default;
    Turn(Turn&& other) noexcept
        : lanes_(std::exchange(other.lanes_, nullptr)), item_(other.item_), begun_(other.begun_) {}
    Turn& operator=(Turn&& other) noexcept;
    ~Turn() { End(0); }

    explicit operator bool() const { return lanes_ != nullptr; }

    // `items`: what was done in its time, for the average cost; 0: nothing of the kind. Any thread.
    void End(std::int64_t items = 1) noexcept;

   private:
    friend class Lanes;
    Turn(Lanes& lanes, const LaneSchedule::Item& item) : lanes_(&lanes), item_(item), begun_(lanes.Spent()) {}

    Lanes* lanes_ = nullptr;
    LaneSchedule::Item item_;
    double begun_ = 0;
  };

  // What an item costs.
  enum class Cost {
    kProcessor,  // time of the thread that computes it: others on the machine change nothing
    kTime,       // time that passes: other threads, or the device, take part
  };

  Lanes(const LaneSchedule::Shape& shape, Cost cost) : cost_(cost), schedule_(shape) {}
  Lanes(const Lanes&) = delete;
  Lanes& operator=(const Lanes&) = delete;

  void Weigh(const std::string& tenant, double weight);

  // Waits for a turn. `due`: when a stream's item should be done. Throws Error ABORTED.
  Turn Take(Job& job, Kind kind, double due);
  // A turn if there is one at once.
  Turn TryTake(Job& job, Kind kind, double due);
  // Ends a turn, of one item, and waits for the next, which may come at once. Throws Error ABORTED.
  void Yield(Job& job, Turn& turn, double due);

  double now() const;  // milliseconds
  int active() const;  // clips and streams that share the lanes

  struct Stats {
    LaneSchedule::Counts counts;
    double load, seconds_left;
    double frame, step;                    // milliseconds; 0: not measured
    std::int64_t late, underruns, errors;  // frames; times that frames began to be late; clips
  };
  Stats stats() const;

 private:
  // A thread that waits for a turn, on its stack.
  struct Waiter : LaneSchedule::Item {
    Job* owner = nullptr;
    bool granted = false;
  };

  Turn Await(std::unique_lock<std::mutex>& lock, Job& job, Kind kind, double due);
  void Finish(const Turn& turn, std::int64_t items);  // mutex held, as with what follows
  void Dispatch();
  double Spent() const;  // milliseconds, of what costs are measured in

  const Cost cost_;
  const std::chrono::steady_clock::time_point begun_ = std::chrono::steady_clock::now();
  mutable std::mutex mutex_;  // guards what follows
  LaneSchedule schedule_;
  std::int64_t late_ = 0, underruns_ = 0, errors_ = 0;
};

}  // namespace kdtalker
