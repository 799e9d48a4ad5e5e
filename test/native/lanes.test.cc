// Clips and streams of one talker that take turns: nothing is lost, nothing hangs, and bytes stay what they
// are.
#include "engine/lanes.h"

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <vector>

#include "support/speaking.h"
#include "support/stage.h"

using namespace stage;

TEST_SUITE_BEGIN("threads");

TEST_CASE("eight streams at once are interrupted, ended, stopped and closed at any moment") {
  if (!puppet::Built()) return;
  const Stage puppet("cpu", 2);
  CHECK(EightAtRandom(puppet, 16) == 0);
  const Lanes::Stats stats = puppet.talker->lanes().stats();
  CHECK(stats.counts.streams == 0);
  CHECK(stats.errors == 0);
}

TEST_CASE("clips that wait begin when others end, are stopped or are destroyed") {
  if (!puppet::Built()) return;
  const Stage puppet("cpu", 1);
  const auto expected = FramesOf(*puppet.MakeRun(3), 3);
  for (const char* device : {"cpu", "guarded"}) {
    const Stage other(device, 1);
    std::vector<std::unique_ptr<Run>> runs;
    std::vector<std::unique_ptr<Reader>> readers;
    for (int i = 0; i < 7; i++) {
      runs.push_back(other.MakeRun(3));
      readers.push_back(std::make_unique<Reader>());
      for (int k = 0; k < 3; k++) readers.back()->Ask(*runs.back());
    }
    CHECK(other.talker->lanes().stats().counts.running <= 2);
    runs[1]->Stop();
    runs[2].reset();
    runs[5]->Stop();
    for (const auto& reader : readers) reader->Wait();
    for (const std::size_t whole : {0, 3, 4, 6})
      for (std::size_t k = 0; k < 3; k++) CHECK(readers[whole]->buffer(k) == expected[k]);
    CHECK(other.talker->lanes().stats().counts.waiting == 0);
  }
}

TEST_CASE("lanes: a stream's load is what its frames cost to hear and to render, and its steps") {
  LaneSchedule schedule({2, 0, 3});
  schedule.Measure(LaneSchedule::kFrame, 8);
  schedule.Measure(LaneSchedule::kStep, 0.5);
  schedule.MeasureHearing(2);
  schedule.Admit({true, "", 0, 0, 25, 300});
  CHECK(schedule.load() == doctest::Approx((25 * (8 + 2) + 300 * 0.5) / 2000));
  LaneSchedule apart({2, 1, 3});  // steps have lanes of their own: the fuller of both counts
  apart.Measure(LaneSchedule::kFrame, 8);
  apart.Measure(LaneSchedule::kStep, 0.5);
  apart.MeasureHearing(2);
  apart.Admit({true, "", 0, 0, 25, 300});
  CHECK(apart.load() == doctest::Approx((25 * 2 + 300 * 0.5) / 1000));
}

TEST_CASE("paced streams are taken until the lanes have no time for more, and again when one ends") {
  if (!puppet::Built()) return;
  const Stage puppet("cpu", 1);
  FramesOf(*puppet.MakeRun(3), 3);  // measures
  RunOptions options = StreamOf(1);
  options.steps = 10;
  std::vector<std::unique_ptr<Run>> streams;
  const auto open = [&](bool paced) {
    options.stream->paced = paced;
    streams.push_back(
        std::make_unique<Run>(puppet.portrait, std::make_shared<LiveSpeech>(16000, 25), options));
  };
  const auto load = [&] { return puppet.talker->lanes().stats().load; };
  open(false);  // may take as long as it takes, and counts
  const double each = load();
  CHECK(each > 0);
  std::string refusal;
  while (refusal.empty()) refusal = CodeThrownBy([&] { open(true); });
  CHECK(refusal == "BUSY");
  CHECK(load() + each > LaneSchedule::kMostLoad);
  CHECK((streams.size() == 1 || load() <= LaneSchedule::kMostLoad + 1e-9));
  streams.pop_back();
  const bool room = load() + each <= LaneSchedule::kMostLoad;
  CHECK(CodeThrownBy([&] { open(true); }).empty() == room);
}

TEST_SUITE_END();
