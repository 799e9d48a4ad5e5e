// A machine whose lanes are LaneSchedule's: who offers items, with costs that are stated, under a clock that
// only the machine moves.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <functional>
#include <limits>
#include <list>
#include <memory>
#include <string>
#include <vector>

#include "engine/lane_schedule.h"

namespace lane_machine {

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

// What a stream plans besides its lips, fifty steps each time: nothing; a window every sixteenth hop, as in
// silence, the first one included; or that, and each hop what is left of it, as a voice that does not pause
// wants it.
enum class Plans { kNone, kWindows, kFollowing };

// A stream: every hop's sound comes in time; it is heard and sampled step by step, then its frames are
// rendered.
struct Live final : Work {
  static constexpr int kHop = 4, kSteps = 10, kPlan = 50, kPlanHops = 16;
  static constexpr double kPeriod = 40;

  Live(LaneSchedule& schedule, double begins, double step_cost = kStepCost, Plans planned = Plans::kNone,
       double hearing_cost = 0, double beginning_cost = 0)
      : next_hop(begins),
        step(step_cost),
        hearing(hearing_cost),
        plans(planned),
        beginning(beginning_cost),
        begun(beginning_cost == 0) {
    const double windows = plans == Plans::kNone ? 0 : 1.0 / kPlanHops;
    const double followed = plans == Plans::kFollowing ? 1 : 0;
    const double steps = kSteps + kPlan * (windows + followed);
    job = &schedule.Admit({true, "", 0, 0, 25, 25.0 * steps / kHop, true});
  }
  int Steps() const {
    const bool window = plans != Plans::kNone && hop % kPlanHops == 0;
    return kSteps + (window ? kPlan : 0) + (plans == Plans::kFollowing ? kPlan : 0);
  }
  double Wakes(double /*now*/) const override { return next_hop; }
  void Tell(LaneSchedule& schedule, double now) override {
    while (next_hop <= now) {
      hops.push_back(next_hop);
      next_hop += kHop * kPeriod;
    }
    if (unit.offered || unit.owner != nullptr || hops.empty()) return;
    if (!begun) return Begin(schedule);
    const double frame = std::max(0, done_of_hop - Steps());
    unit.job = job;
    unit.owner = this;
    unit.kind = done_of_hop < Steps() ? LaneSchedule::kStep : LaneSchedule::kFrame;
    unit.cost = done_of_hop < Steps() ? step : kFrameCost;
    if (done_of_hop == 0) unit.cost += kHop * hearing;
    unit.due = hops.front() + LaneSchedule::kLead + frame * kPeriod;
    schedule.Offer(unit);
  }
  // Buffers and what silence sounds like, in one item, before anything is due. Sound is taken from then on.
  void Begin(LaneSchedule& schedule) {
    unit.job = job;
    unit.owner = this;
    unit.kind = LaneSchedule::kStep;
    unit.cost = beginning;
    unit.due = 0;
    schedule.Offer(unit);
  }
  void Done(Unit& done, double now) override {
    if (!begun) {
      begun = true;
      done.owner = nullptr;
      hops = {now};
      next_hop = now + kHop * kPeriod;
      return;
    }
    if (done.kind == LaneSchedule::kFrame) {
      frames++;
      late += now > done.due;
    }
    done.owner = nullptr;
    if (++done_of_hop < Steps() + kHop) return;
    done_of_hop = 0;
    hop++;
    hops.pop_front();
  }

  double next_hop;
  const double step, hearing;  // a step's cost; a frame's, before a hop's first step
  const Plans plans;
  const double beginning;  // what comes before the first hop
  bool begun;
  int hop = 0;
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
      for (;;) {
        LaneSchedule::Batch batch;
        const auto items = schedule.Next(now, batch);
        if (items.empty()) break;
        for (LaneSchedule::Item* item : items) {
          auto* unit = static_cast<Unit*>(item);
          running.push_back({now + unit->cost, unit});
          if (chosen) chosen(*unit);
        }
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

}  // namespace lane_machine
