#pragma once

#include <array>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <mutex>
#include <span>
#include <string>
#include <utility>
#include <vector>

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
    template <class Work>
    void Change(Work work);  // with the mutex, and then lets begin what may begin
    void StopNow();          // mutex held

    Lanes& lanes_;
    LaneSchedule::Job* job_;
    std::condition_variable changed_;
    bool late_ = false;  // the last frame was
  };

  // The right to compute one item, until it ends. Items of several clips may be a batch: each has a turn.
  class Turn {
   public:
    Turn() = default;
    Turn(Turn&& other) noexcept
        : lanes_(std::exchange(other.lanes_, nullptr)),
          item_(other.item_),
          begun_(other.begun_),
          met_(other.met_) {}
    Turn& operator=(Turn&& other) noexcept;
    ~Turn() { End(0); }

    explicit operator bool() const { return lanes_ != nullptr; }

    // Those who have the turns of a batch meet, each with what is to be done; one of them does all of it,
    // while the others wait: work(span<Entry* const>). Those whose turn ends instead are not waited for. Once
    // for a turn. Throws what the work does, to each of them.
    template <class Entry, class Work>
    void Together(Entry& entry, Work work);

    // `items`: what was done in its time, for the average cost; 0: nothing of the kind. Any thread. What it
    // cost.
    double End(std::int64_t items = 1) noexcept;

   private:
    friend class Lanes;
    Turn(Lanes& lanes, const LaneSchedule::Item& item) : lanes_(&lanes), item_(item), begun_(lanes.Spent()) {}
    std::span<void* const> Meet(void* entry);
    void Settle(const std::exception_ptr& error) noexcept;

    Lanes* lanes_ = nullptr;
    LaneSchedule::Item item_;
    double begun_ = 0;
    bool met_ = false;
  };

  // What an item costs.
  enum class Cost {
    kProcessor,  // time of the thread that computes it: others on the machine change nothing
    kTime,       // time that passes: other threads, or the device, take part
  };

  Lanes(const LaneSchedule::Shape& shape, Cost cost)
      : cost_(cost), schedule_(shape), gatherings_(static_cast<std::size_t>(shape.frames + shape.steps)) {}
  Lanes(const Lanes&) = delete;
  Lanes& operator=(const Lanes&) = delete;

  void Weigh(const std::string& tenant, double weight);

  // Waits for a turn. `due`: when a stream's item should be done. Throws Error ABORTED.
  Turn Take(Job& job, Kind kind, double due);
  // A turn if there is one at once.
  Turn TryTake(Job& job, Kind kind, double due);
  // Ends a turn, of one item, and waits for the next, which may come at once. What it cost. `first`: with the
  // item came what others have not, so that it counts only where there was no other. Throws Error ABORTED.
  double Yield(Job& job, Turn& turn, double due, bool first);

  // A piece of motion of so many frames is made. `cost`: of the turns in which it began and ended, of which
  // one has a step. Where the call computes.
  void Heard(std::int64_t frames, double cost);

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
    Waiter(Job& whose, Kind what, double when) : owner(&whose) {
      job = whose.job_;
      kind = what;
      due = when;
    }

    Job* owner;
    bool granted = false;
  };

  // Those who have the turns of a batch, by its number.
  struct Gathering {
    std::size_t missing = 0, met = 0;  // neither here nor over; here
    std::array<void*, LaneSchedule::kMostBatch> entries{};
    bool done = false;
    std::exception_ptr error;
    std::condition_variable changed;
  };
  void Miss(const Turn& turn) noexcept;  // mutex held: it is over, or here

  Turn Await(std::unique_lock<std::mutex>& lock, Job& job, Kind kind, double due);
  double Finish(const Turn& turn, std::int64_t items);  // mutex held, as with what follows
  void Dispatch();
  double Spent() const;  // milliseconds, of what costs are measured in

  const Cost cost_;
  const std::chrono::steady_clock::time_point begun_ = std::chrono::steady_clock::now();
  mutable std::mutex mutex_;  // guards what follows
  LaneSchedule schedule_;
  std::vector<Gathering> gatherings_;
  std::int64_t late_ = 0, underruns_ = 0, errors_ = 0;
};

template <class Entry, class Work>
void Lanes::Turn::Together(Entry& entry, Work work) {
  const std::span<void* const> met = Meet(&entry);
  if (met.empty()) return;  // another thread did it
  std::array<Entry*, LaneSchedule::kMostBatch> entries{};
  for (std::size_t i = 0; i < met.size(); i++) entries[i] = static_cast<Entry*>(met[i]);
  try {
    work(std::span<Entry* const>(entries.data(), met.size()));
  } catch (...) {
    Settle(std::current_exception());
    throw;
  }
  Settle(nullptr);
}

}  // namespace kdtalker
