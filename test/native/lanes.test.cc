// Clips and streams of one talker that take turns: nothing is lost, nothing hangs, and bytes stay what they
// are.
#include "engine/lanes.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "support/stage.h"

using namespace stage;

namespace {

constexpr std::int64_t kHop = 4;

RunOptions StreamOf(std::uint64_t seed) {
  kernels::MotionMask lips{};
  for (int i = 7; i < 70; i++) lips.of[i] = i % 3 == 0;
  RunOptions options;
  options.seed = seed;
  options.steps = 2;
  options.stream = StreamOptions{kHop, 2, 3, lips};
  return options;
}

std::vector<float> Tone(std::size_t samples) {
  std::vector<float> tone(samples);
  for (std::size_t i = 0; i < samples; i++)
    tone[i] = static_cast<float>(0.4 * std::sin(0.17 * static_cast<double>(i)));
  return tone;
}

// Speaks, reads, interrupts, ends, stops or closes as the seed says. The number of requests without an
// answer.
std::size_t Live(const Stage& puppet, std::uint32_t seed) {
  std::mt19937 random(seed);
  Reader reader;
  std::int64_t done = 0;
  Run run(puppet.portrait, std::make_shared<LiveSpeech>(16000, 25), StreamOf(seed));
  for (int i = 0; i < 8; i++) {
    const std::uint32_t what = random() % 16;
    if (what < 6) {
      const auto tone = Tone(640 * (1 + random() % 12));
      run.Hear(tone.data(), tone.size());
    } else if (what < 12) {
      reader.Ask(run);
    } else if (what < 14) {
      run.Interrupt(done);
    } else if (what == 14) {
      run.EndSpeech();
      break;
    } else {
      run.Stop();
    }
  }
  if (random() % 2 == 0) run.Stop();
  run.Close();
  return reader.asked() - reader.answers().size();
}

}  // namespace

TEST_SUITE_BEGIN("threads");

TEST_CASE("eight streams at once are interrupted, ended, stopped and closed at any moment") {
  if (!puppet::Built()) return;
  const Stage puppet("cpu", 2);
  std::vector<std::size_t> lost(8);
  std::vector<std::thread> threads;
  for (std::uint32_t i = 0; i < lost.size(); i++) {
    threads.emplace_back([&puppet, &lost, i] {
      for (std::uint32_t round = 0; round < 16; round++) lost[i] += Live(puppet, 100 * i + round);
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(lost == std::vector<std::size_t>(8, 0));
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
