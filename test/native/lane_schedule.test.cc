// Whose turn it is, under a clock that only the machine of the test moves, with costs that are stated.
#include "engine/lane_schedule.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <functional>
#include <list>
#include <memory>
#include <string>
#include <vector>

#include "core/error.h"
#include "support/lane_machine.h"

namespace {

using namespace lane_machine;

// The only item of the next batch; null if there is none.
LaneSchedule::Item* Next(LaneSchedule& schedule, double now) {
  LaneSchedule::Batch batch;
  const auto items = schedule.Next(now, batch);
  CHECK(items.size() <= 1);
  return items.empty() ? nullptr : items.front();
}

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

// As many streams as are taken, of the built-in pack's cost of a step. All their hops come at the same
// moments, and so do their plans.
void CheckBurst(int lanes, Plans plans, double hearing) {
  constexpr double kBuiltInStep = 0.2;
  CAPTURE(lanes);
  Machine machine({lanes, 0, lanes + 1});
  for (int i = 0; i < 100; i++) machine.schedule.Measure(LaneSchedule::kStep, kBuiltInStep);
  machine.schedule.MeasureHearing(hearing);
  std::vector<std::unique_ptr<Live>> streams;
  const auto add = [&] {
    streams.push_back(std::make_unique<Live>(machine.schedule, 0, kBuiltInStep, plans, hearing));
  };
  while (CodeOf(add).empty()) machine.works.push_back(streams.back().get());
  CHECK(machine.schedule.load() <= LaneSchedule::kMostLoad);
  CHECK(machine.schedule.load() > LaneSchedule::kMostLoad - 0.45 / lanes);
  File file(machine.schedule, {false, "file", 0, 100000}, lanes);
  machine.works.push_back(&file);
  machine.Run(30000);
  for (const auto& stream : streams) {
    CHECK(stream->frames > 730);
    CHECK(stream->late == 0);
  }
  CHECK(file.finished > 0.19 * 30000 * lanes / kFrameCost);
}

TEST_CASE("lanes: no frame is late of a burst of streams at a load of 0.8, and files get the rest") {
  for (const int lanes : {1, 2, 4}) CheckBurst(lanes, Plans::kWindows, 0);
}

TEST_CASE(
    "lanes: the same of voices whose plan is sampled again with each hop, and whose hearing costs time") {
  for (const int lanes : {2, 4, 8}) CheckBurst(lanes, Plans::kFollowing, 1.5);
}

// Streams that come where others go, at a load of 0.8; what the first item of each costs is not part of the
// load. Returns how many frames were late.
std::int64_t LateOfComers(int lanes, Plans plans, double beginning) {
  constexpr double kBuiltInStep = 0.2;
  Machine machine({lanes, 0, lanes + 1});
  for (int i = 0; i < 100; i++) machine.schedule.Measure(LaneSchedule::kStep, kBuiltInStep);
  std::list<std::unique_ptr<Live>> streams;
  std::int64_t late = 0;
  const auto come = [&] {
    streams.push_back(
        std::make_unique<Live>(machine.schedule, machine.now, kBuiltInStep, plans, 0, beginning));
    machine.works.push_back(streams.back().get());
  };
  while (CodeOf(come).empty()) machine.Run(machine.now + 137);
  File file(machine.schedule, {false, "file", 0, 1000000}, lanes);
  machine.works.push_back(&file);
  for (int i = 0; i < 40; i++) {
    machine.Run(machine.now + 700 + 13 * i);
    const auto gone = std::find_if(streams.begin(), streams.end(), [](const auto& each) {
      return each->unit.owner == nullptr || each->unit.offered;  // not in the middle of an item
    });
    if (gone == streams.end()) continue;
    late += (*gone)->late;
    machine.schedule.Withdraw((*gone)->unit);
    machine.schedule.Leave(*(*gone)->job);
    std::erase(machine.works, gone->get());
    streams.erase(gone);
    come();
  }
  for (const auto& stream : streams) late += stream->late;
  return late;
}

TEST_CASE("lanes: a stream that begins makes no other late, though its load does not count that") {
  for (const int lanes : {1, 2, 4}) {
    CAPTURE(lanes);
    for (const double beginning : {20.0, 80.0}) {  // the built-in pack's is about 20
      CHECK(LateOfComers(lanes, Plans::kWindows, beginning) == 0);
      CHECK(LateOfComers(lanes, Plans::kFollowing, beginning) == 0);
    }
  }
  CHECK(LateOfComers(1, Plans::kFollowing, LaneSchedule::kLead + 30) > 0);  // longer than frames may wait
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
  CHECK(Next(schedule, 100) == &soon);
  CHECK(Next(schedule, 100) == &later);
  CHECK(Next(schedule, 100) == &picture);
  CHECK(Next(schedule, 100) == nullptr);
  schedule.Done(soon, 10);
  CHECK(Next(schedule, 100) == &far);
}

TEST_CASE("lanes: a cost is an average of the last ones, and the first only until there is a second") {
  LaneSchedule schedule({1, 0, 2});
  schedule.Measure(LaneSchedule::kFrame, 90);
  CHECK(schedule.cost(LaneSchedule::kFrame) == 90);
  schedule.Measure(LaneSchedule::kFrame, 10);
  CHECK(schedule.cost(LaneSchedule::kFrame) == 10);
  schedule.Measure(LaneSchedule::kFrame, 14);
  CHECK(schedule.cost(LaneSchedule::kFrame) == doctest::Approx(12));
  for (int i = 0; i < 14; i++) schedule.Measure(LaneSchedule::kFrame, 12);
  schedule.Measure(LaneSchedule::kFrame, 28);
  CHECK(schedule.cost(LaneSchedule::kFrame) == doctest::Approx(13));
  CHECK(schedule.cost(LaneSchedule::kStep) == 0);
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
    CHECK(Next(schedule, 0) == &unit);
    schedule.Done(unit, cost);
  };
  serve(a, 39);
  serve(b, 20);
  schedule.Offer(a);
  schedule.Offer(b);
  CHECK(Next(schedule, 0) == &a);  // 19.5 by weight, against 20
}

TEST_CASE("lanes: a batch is what is next and what follows it: 1, 2, 4 or 8 items of a kind, of one lane") {
  for (const auto& [most, offered, taken] : std::vector<std::array<std::size_t, 3>>{
           {1, 5, 1}, {2, 5, 2}, {4, 3, 2}, {4, 5, 4}, {8, 7, 4}, {8, 9, 8}, {3, 3, 2}, {99, 20, 8}}) {
    CAPTURE(most);
    CAPTURE(offered);
    LaneSchedule schedule({2, 0, 30, most});
    std::vector<Unit> units(offered);
    std::vector<Job*> jobs;
    for (Unit& unit : units) {
      jobs.push_back(&schedule.Admit({false, "", static_cast<int>(jobs.size()), 10}));  // the last is first
      schedule.Want(*jobs.back());
      unit.job = jobs.back();
      schedule.Offer(unit);
    }
    Unit step;
    step.kind = LaneSchedule::kStep;
    step.job = jobs.front();
    schedule.Offer(step);
    LaneSchedule::Batch one, other;
    const auto first = schedule.Next(0, one), second = schedule.Next(0, other);
    REQUIRE(first.size() == taken);
    for (std::size_t i = 0; i < taken; i++) CHECK(first[i] == &units[offered - 1 - i]);
    CHECK(second.size() == std::min(taken, std::bit_floor(offered - taken + (offered == taken ? 1 : 0))));
    CHECK(Next(schedule, 0) == nullptr);  // both lanes are taken
    for (std::size_t i = 0; i < taken; i++) {
      schedule.Done(*first[i], 1);
      if (i + 1 < taken) CHECK(Next(schedule, 0) == nullptr);
    }
    Unit last;
    last.job = jobs.back();
    schedule.Offer(last);
    LaneSchedule::Batch third;
    CHECK(schedule.Next(0, third).size() >= 1);
  }
}

TEST_CASE("lanes: tenants share batches as they share lanes, and streams come first in them") {
  LaneSchedule schedule({1, 0, 9, 4});
  schedule.Measure(LaneSchedule::kFrame, 10);
  std::vector<Unit> units(6);
  const char* const tenants[] = {"one", "one", "one", "other", "other", "other"};
  for (std::size_t i = 0; i < units.size(); i++) {
    units[i].job = &schedule.Admit({false, tenants[i], 0, 10});
    schedule.Want(*units[i].job);
    schedule.Offer(units[i]);
  }
  Unit live;
  live.job = &schedule.Admit({true, "one", 0, 0, 25, 0});
  live.due = 50;
  schedule.Offer(live);
  LaneSchedule::Batch batch;
  const auto items = schedule.Next(0, batch);
  REQUIRE(items.size() == 4);
  CHECK(items[0] == &live);
  int one = 0;
  for (const LaneSchedule::Item* item : items) one += item->job->claim.tenant == "one";
  CHECK(one == 2);  // the stream's, and one of its files'
}
