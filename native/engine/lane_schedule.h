#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <list>
#include <map>
#include <span>
#include <string>
#include <vector>

namespace kdtalker {

// Which items of a talker's clips come next. An item is a frame, or a step of sampling; a lane does one at a
// time, or a batch: as many of a kind as what computes them takes. This class only decides: it has no threads
// and no clock, and every time, in milliseconds, is its caller's. One thread at a time.
//
// 1. Live items that are due soon, the earliest first.
// 2. Else those of the tenant that was served least for its weight; among a tenant's clips by priority, then
//    in the order in which they came.
//
// A batch is the next item and those that follow it in this order: it waits for none to come.
//
// Few files are active at a time, because each holds memory; the others wait with their requests. Streams
// are always active; those that are paced are taken only while the lanes can keep up with all.
class LaneSchedule {
 public:
  enum Kind { kFrame, kStep, kKinds };

  struct Shape {
    int frames = 1;  // lanes of frames
    int steps = 0;   // lanes of steps; 0: these use the lanes of frames
    int files = 2;   // active at a time
    // That a lane does together; at most kMostBatch. Steps are done singly.
    std::size_t batch = 1;
  };
  static constexpr std::size_t kMostBatch = 8;
  // Live items are given no sooner before they are due than this; until then they compete as files do.
  static constexpr double kLead = 120;
  // Of the lanes, for streams: the rest is for files, and for what is late.
  static constexpr double kMostLoad = 0.8;
  static constexpr int kMostWaiting = 100;  // files

  // What a clip or a stream asks for when it comes.
  struct Claim {
    bool live = false;
    std::string tenant = {};
    int priority = 0;
    std::int64_t frames = 0;  // of a file
    // Of a stream, for each second: frames, each of which is heard and rendered, and steps.
    double fps = 0, steps = 0;
    bool paced = false;  // its frames have to be made as fast as they play
  };

  // Those who share an account of what they were served.
  struct Tenant {
    double served = 0;  // milliseconds of lanes, by weight
    double weight = 1;
    int jobs = 0, wanting = 0, active = 0;  // active: files
  };

  struct Job {
    Claim claim;
    Tenant* tenant;
    bool wants = false;   // has requests
    bool active = false;  // its items may be served
    bool stopped = false;
    std::list<Job>::iterator place = {};
    std::uint64_t arrival = 0;
    std::int64_t left = 0;  // frames of a file that are not served
  };

  // Work that waits for a lane. Its owner keeps it where it is while it is offered.
  struct Item {
    Job* job = nullptr;
    Kind kind = kFrame;
    double due = 0;  // of live items
    std::uint64_t order = 0;
    double charged = 0;  // to the tenant when it was chosen: what such an item costs on average
    Item *before = nullptr, *after = nullptr;
    bool offered = false;
    std::size_t batch = 0;  // from when it was chosen until it is done: no other has this number then
  };

  explicit LaneSchedule(const Shape& shape)
      : shape_(shape),
        free_{shape.frames, shape.steps},
        left_(static_cast<std::size_t>(shape.frames + shape.steps)) {}
  LaneSchedule(const LaneSchedule&) = delete;
  LaneSchedule& operator=(const LaneSchedule&) = delete;

  // How much a tenant is served compared with others; 1 unless it is said.
  void Weigh(const std::string& tenant, double weight) { weights_[tenant] = weight; }

  // Throws Error BUSY if it is paced and the lanes have no time for it, or a file and too many wait.
  Job& Admit(const Claim& claim);
  void Leave(Job& job);  // none of its items is offered or served

  // Whether a file has requests. Of a file that rests another takes the place.
  void Want(Job& job);
  void Rest(Job& job);
  void Stop(Job& job);  // it is never served again, and counts no more

  void Offer(Item& item);
  void Withdraw(Item& item);

  // The items that a free lane does now: 1, 2, 4 or 8 of a kind, which are no longer offered. None if no lane
  // is free or nothing may be done.
  using Batch = std::array<Item*, kMostBatch>;
  std::span<Item* const> Next(double now, Batch& batch);

  // An item has been done: its lane is free if it was the last of its batch. `cost`: milliseconds, its share.
  void Done(const Item& item, double cost);

  // Costs that were measured are averages of the last; 0: none was.
  void Measure(Kind kind, double cost) { costs_[kind].Add(cost); }
  double cost(Kind kind) const { return costs_[kind].value; }

  // What it costs to hear a frame: all of a piece of motion but its steps.
  void MeasureHearing(double cost) { hearing_.Add(cost); }

  // Live work for each lane, 0..1.
  double load() const;

  struct Counts {
    int streams = 0, running = 0, waiting = 0;
    std::int64_t left = 0;  // frames of files
  };
  Counts counts() const;
  double seconds_left() const;  // until the files are done, by the costs so far

  // Clips that share the lanes now.
  int active() const { return active_ + streams_; }

 private:
  struct Average {
    void Add(double cost);

    double value = 0;
    int counted = 0;  // as far as that matters
  };

  int Lane(Kind kind) const { return kind == kStep && shape_.steps > 0 ? kStep : kFrame; }
  double LoadOf(const Claim& claim) const;
  void Activate();
  bool MayBegin(const Item& item) const;
  Item* First(double now, const Item* like);
  void Choose(Item& item, std::size_t batch);
  std::size_t BatchOf(const Item& head) const;
  Job* NextFile();
  Job* Displaceable(const Job& by);
  void SetActive(Job& job, bool active);
  void SetWants(Job& job, bool wants);
  bool Before(const Item& a, const Item& b, double now) const;
  void Enter(Tenant& tenant) const;
  Tenant& TenantOf(const std::string& name);

  const Shape shape_;
  std::array<int, kKinds> free_;
  std::vector<int> left_;  // items of each batch that are not done
  std::array<Average, kKinds> costs_{};
  Average hearing_;
  std::map<std::string, double> weights_;
  std::map<std::string, Tenant> tenants_;
  std::list<Job> jobs_;
  int active_ = 0, streams_ = 0, waiting_ = 0;  // files, streams, files
  std::uint64_t arrivals_ = 0, offers_ = 0;
  Item* first_ = nullptr;  // offered
};

}  // namespace kdtalker
