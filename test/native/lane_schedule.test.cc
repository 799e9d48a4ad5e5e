// Whose turn it is, under a clock that only this file moves, with costs that it states.
#include "engine/lane_schedule.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <list>
#include <memory>
#include <string>
#include <vector>

#include "core/error.h"

namespace {

using namespace kdtalker;
using Kind = LaneSchedule::Kind;
using Claim = LaneSchedule::Claim;
using Job = LaneSchedule::Job;

constexpr double kNever = std::numeric_limits<double>::infinity();
constexpr double kFrameCost = 12, kStepCost = 2;

struct Work;

// An item, with what it costs and whose it is.
struct Unit : LaneSchedule::Item {
  Work* owner = nullptr;
  double cost = 0;
};

// Somebody who offers items. `Tell` is called at the beginning, at Wakes(), and after each of its items.
struct Work {
  virtual ~Work() = default;
  virtual void Tell(LaneSchedule& schedule, double now) = 0;
  virtual double Wakes(double /*now*/) const { return kNever; }
  virtual void Done(Unit& unit, double now) = 0;

  Job* job = nullptr;
  double served = 0;
};

// A file: so many items are offered at a time until none is left.
struct File final : Work {
  File(LaneSchedule& schedule, const Claim& claim, int at_once = 2)
      : units(static_cast<std::size_t>(at_once)) {
    job = &schedule.Admit(claim);
    left = claim.frames;
    schedule.Want(*job);
  }
  void Tell(LaneSchedule& schedule, double now) override {
    for (Unit& unit : units) {
      if (unit.offered || unit.owner != nullptr || left == 0) continue;
      left--;
      unit.job = job;
      unit.owner = this;
      unit.cost = kFrameCost;
      schedule.Offer(unit);
    }
    if (begun < 0 && job->active) begun = now;
  }
  void Done(Unit& unit, double now) override {
    unit.owner = nullptr;
    finished++;
    served += unit.cost;
    ended = now;
  }

  std::vector<Unit> units;
  std::int64_t left, finished = 0;
  double begun = -1, ended = 0;
};

// A stream: every hop's sound comes in time; it is sampled step by step, then its frames are rendered.
struct Live final : Work {
  static constexpr int kHop = 4, kSteps = 10;
  static constexpr double kPeriod = 40;

  Live(LaneSchedule& schedule, double begins) : next_hop(begins) {
    job = &schedule.Admit({true, "", 0, 0, 25, 25.0 * kSteps / kHop, true});
  }
  double Wakes(double /*now*/) const override { return next_hop; }
  void Tell(LaneSchedule& schedule, double now) override {
    while (next_hop <= now) {
      hops.push_back(next_hop);
      next_hop += kHop * kPeriod;
    }
    if (unit.offered || unit.owner != nullptr || hops.empty()) return;
    const double frame = std::max(0, done_of_hop - kSteps);
    unit.job = job;
    unit.owner = this;
    unit.kind = done_of_hop < kSteps ? LaneSchedule::kStep : LaneSchedule::kFrame;
    unit.cost = done_of_hop < kSteps ? kStepCost : kFrameCost;
    unit.due = hops.front() + LaneSchedule::kLead + frame * kPeriod;
    schedule.Offer(unit);
  }
  void Done(Unit& done, double now) override {
    if (done.kind == LaneSchedule::kFrame) {
      frames++;
      late += now > done.due;
    }
    done.owner = nullptr;
    if (++done_of_hop < kSteps + kHop) return;
    done_of_hop = 0;
    hops.pop_front();
  }

  double next_hop;
  std::list<double> hops;
  int done_of_hop = 0;
  std::int64_t frames = 0, late = 0;
  Unit unit;
};

// Lets the clock run from one event to the next.
struct Machine {
  explicit Machine(const LaneSchedule::Shape& shape) : schedule(shape) {
    schedule.Measure(LaneSchedule::kFrame, kFrameCost);
    schedule.Measure(LaneSchedule::kStep, kStepCost);
  }

  void Run(double until) {
    while (now < until) {
      for (Work* each : works) each->Tell(schedule, now);
      while (LaneSchedule::Item* item = schedule.Next(now)) {
        auto* unit = static_cast<Unit*>(item);
        running.push_back({now + unit->cost, unit});
        if (chosen) chosen(*unit);
      }
      double next = until;
      for (const Work* each : works) next = std::min(next, each->Wakes(now));
      for (const Running& each : running) next = std::min(next, each.ends);
      now = std::max(now, next);
      Finish();
    }
  }

  void Finish() {
    for (auto each = running.begin(); each != running.end();) {
      if (each->ends > now) {
        ++each;
        continue;
      }
      Unit* unit = each->unit;
      each = running.erase(each);
      schedule.Done(*unit, unit->cost);
      unit->owner->Done(*unit, now);
    }
  }

  struct Running {
    double ends;
    Unit* unit;
  };
  LaneSchedule schedule;
  std::vector<Work*> works;
  std::list<Running> running;
  std::function<void(const Unit&)> chosen;
  double now = 0;
};

template <class Call>
std::string CodeOf(Call call) {
  try {
    call();
  } catch (const Error& error) {
    return error.code();
  }
  return "";
}

}  // namespace

TEST_CASE("lanes: no frame is late at a load of 0.8, whatever files do, and beyond it streams are refused") {
  for (const int lanes : {1, 2, 8}) {
    CAPTURE(lanes);
    Machine machine({lanes, 0, lanes + 1});
    std::vector<std::unique_ptr<Live>> streams;
    std::vector<std::unique_ptr<File>> files;
    const auto add = [&] {
      const double begins = 7.0 * static_cast<double>(streams.size());
      streams.push_back(std::make_unique<Live>(machine.schedule, begins));
    };
    std::string refusal;
    while ((refusal = CodeOf(add)).empty()) machine.works.push_back(streams.back().get());
    CHECK(refusal == "BUSY");
    const double each = 25 * kFrameCost / 1000 + 25 * kStepCost * Live::kSteps / Live::kHop / 1000;
    CHECK(streams.size() == static_cast<std::size_t>(std::floor(0.8 * lanes / each)));
    for (int i = 0; i < 3 * lanes; i++) {
      files.push_back(std::make_unique<File>(machine.schedule, Claim{false, std::to_string(i), 0, 100000}));
      machine.works.push_back(files.back().get());
    }
    machine.Run(60000);
    std::int64_t made = 0;
    for (const auto& stream : streams) {
      CHECK(stream->frames > 1480);
      CHECK(stream->late == 0);
    }
    for (const auto& file : files) made += file->finished;
    CHECK(made > 0.19 * 60000 * lanes / kFrameCost);  // what streams leave
  }
}

TEST_CASE("lanes: tenants are served alike within one item of each lane, and by their weights") {
  for (const int lanes : {1, 2}) {
    Machine machine({lanes, 0, lanes + 1});
    machine.schedule.Weigh("heavy", 2);
    File light(machine.schedule, {false, "light", 0, 100000}, 4),
        heavy(machine.schedule, {false, "heavy", 0, 100000}, 4);
    machine.works = {&light, &heavy};
    for (int second = 1; second < 20; second++) {
      machine.Run(1000 * second);
      CHECK(std::abs(light.served - heavy.served / 2) <= kFrameCost * lanes);
    }
  }
}

TEST_CASE("lanes: who comes later gets its share from then on, and nothing for before") {
  Machine machine({1, 0, 2});
  File first(machine.schedule, {false, "first", 0, 100000});
  machine.works = {&first};
  machine.Run(10000);
  File second(machine.schedule, {false, "second", 0, 100000});
  machine.works.push_back(&second);
  const double before = first.served;
  machine.Run(20000);
  CHECK(std::abs(first.served - before - second.served) <= 2 * kFrameCost);
}

TEST_CASE("lanes: among a tenant's files priority is first, then the order in which they came") {
  Machine machine({1, 0, 3});
  File one(machine.schedule, {false, "", 0, 100}), two(machine.schedule, {false, "", 0, 100}),
      urgent(machine.schedule, {false, "", 5, 100});
  machine.works = {&one, &two, &urgent};
  machine.Run(300 * kFrameCost + 1);
  CHECK(urgent.ended < one.ended - 99 * kFrameCost);
  CHECK(one.ended < two.ended - 99 * kFrameCost);
}

TEST_CASE("lanes: few files are active, and a tenant that has none takes the place of another's second") {
  Machine machine({2, 0, 3});
  std::vector<std::unique_ptr<File>> files;
  for (int i = 0; i < 6; i++)
    files.push_back(std::make_unique<File>(machine.schedule, Claim{false, "many", 0, 1000}));
  for (const auto& file : files) machine.works.push_back(file.get());
  machine.Run(100);
  CHECK(machine.schedule.counts().running == 3);
  CHECK(machine.schedule.counts().waiting == 3);
  File other(machine.schedule, {false, "other", 0, 1000});
  machine.works.push_back(&other);
  CHECK(other.job->active);
  CHECK(machine.schedule.counts().running == 3);
  const double before = other.served;
  machine.Run(1300);
  CHECK(other.served - before == doctest::Approx(1200).epsilon(0.05));
}

TEST_CASE("lanes: a stalled reader and a stopped clip delay nobody") {
  Machine machine({1, 0, 2});
  File stalled(machine.schedule, {false, "", 9, 3}), stopped(machine.schedule, {false, "", 8, 1000}),
      waiting(machine.schedule, {false, "", 0, 1000});
  machine.works = {&stalled, &stopped, &waiting};
  machine.Run(3 * kFrameCost);
  CHECK_FALSE(waiting.job->active);
  machine.schedule.Rest(*stalled.job);  // its reader takes no more
  CHECK(waiting.job->active);
  machine.Run(10 * kFrameCost);
  CHECK(waiting.finished == 0);
  machine.schedule.Stop(*stopped.job);
  for (Unit& unit : stopped.units) machine.schedule.Withdraw(unit);
  machine.works = {&stalled, &waiting};
  const std::int64_t before = stopped.finished;
  machine.Run(20 * kFrameCost);
  CHECK(stopped.finished <= before + 1);  // the one that was being done
  CHECK(waiting.finished == 10);
  machine.schedule.Want(*stalled.job);
  CHECK(stalled.job->active);
}

TEST_CASE("lanes: a hundred files may wait") {
  LaneSchedule schedule({1, 0, 2});
  std::vector<Job*> jobs;
  for (int i = 0; i < 102; i++) schedule.Want(*jobs.emplace_back(&schedule.Admit({false, "", 0, 50})));
  CHECK(schedule.counts().waiting == 100);
  CHECK(CodeOf([&] { schedule.Admit({}); }) == "BUSY");
  schedule.Measure(LaneSchedule::kFrame, 20);
  CHECK(schedule.seconds_left() == doctest::Approx(102));
  schedule.Leave(*jobs[0]);
  CHECK(schedule.counts().running == 2);
  CHECK(CodeOf([&] { schedule.Admit({}); }).empty());
}

TEST_CASE("lanes: frames and steps of a device that goes on alone have lanes of their own") {
  Machine machine({3, 1, 2});
  File file(machine.schedule, {false, "", 0, 100}, 4);
  Live live(machine.schedule, 0);
  machine.works = {&file, &live};
  int frames = 0, steps = 0, most_frames = 0, most_steps = 0;
  machine.chosen = [&](const Unit&) {
    frames = steps = 0;
    for (const auto& each : machine.running) (each.unit->kind == LaneSchedule::kStep ? steps : frames)++;
    most_frames = std::max(most_frames, frames);
    most_steps = std::max(most_steps, steps);
  };
  machine.Run(1000);
  CHECK(most_frames == 3);
  CHECK(most_steps == 1);
}

TEST_CASE(
    "lanes: of live items that are due soon the earliest is first, and those due later wait as files do") {
  LaneSchedule schedule({3, 0, 4});
  Job& one = schedule.Admit({true, "", 0, 0, 25, 0});
  Job& other = schedule.Admit({true, "", 0, 0, 25, 0});
  Job& file = schedule.Admit({false, "", 1, 10});
  schedule.Want(file);
  Unit far, soon, later, picture;
  far.due = 100 + LaneSchedule::kLead + 1;
  soon.due = 150;
  later.due = 160;
  far.job = later.job = &one;
  soon.job = &other;
  picture.job = &file;
  for (Unit* each : {&far, &later, &picture, &soon}) schedule.Offer(*each);
  CHECK(schedule.Next(100) == &soon);
  CHECK(schedule.Next(100) == &later);
  CHECK(schedule.Next(100) == &picture);
  CHECK(schedule.Next(100) == nullptr);
  schedule.Done(soon, 10);
  CHECK(schedule.Next(100) == &far);
}

TEST_CASE("lanes: what an item has really cost is what its tenant pays") {
  LaneSchedule schedule({1, 0, 3});
  schedule.Weigh("heavy", 2);
  schedule.Measure(LaneSchedule::kFrame, 10);
  Job& heavy = schedule.Admit({false, "heavy", 0, 10});
  Job& light = schedule.Admit({false, "light", 0, 10});
  schedule.Want(heavy);
  schedule.Want(light);
  Unit a, b;
  a.job = &heavy;
  b.job = &light;
  const auto serve = [&](Unit& unit, double cost) {
    schedule.Offer(unit);
    CHECK(schedule.Next(0) == &unit);
    schedule.Done(unit, cost);
  };
  serve(a, 39);
  serve(b, 20);
  schedule.Offer(a);
  schedule.Offer(b);
  CHECK(schedule.Next(0) == &a);  // 19.5 by weight, against 20
}
