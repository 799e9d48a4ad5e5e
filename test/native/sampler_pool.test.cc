// Samplers belong to lanes: clips and streams are lent them for a turn, and nobody sees it in the motion.
#include "engine/sampler_pool.h"

#include <doctest/doctest.h>

#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "engine/motion_sampler.h"
#include "support/failing_device.h"
#include "support/speaking.h"
#include "support/stage.h"

using namespace stage;

namespace {

constexpr std::int64_t kFrames = 70;  // two windows
constexpr std::size_t kSpoken = 20;   // of a stream

// Clips that differ in what a sampler keeps from one window to the next.
RunOptions ClipOf(std::size_t i) {
  RunOptions options;
  options.seed = i;
  options.steps = i % 3 == 0 ? 4 : 3;
  options.ddpm = i % 4 == 1;
  options.eta = i % 4 == 2 ? 0.5 : 0;
  return options;
}

std::unique_ptr<Run> MakeClip(const Stage& puppet, std::size_t i) {
  return std::make_unique<Run>(puppet.portrait, puppet::Speech(*puppet.talker, kFrames), ClipOf(i));
}

// The motion of a stream that hears a tone.
std::vector<float> Spoken(const Stage& puppet, std::uint64_t seed) {
  Run run(puppet.portrait, std::make_shared<LiveSpeech>(16000, 25), StreamOf(seed));
  const auto tone = Tone(std::size_t{640} * kSpoken);
  run.Hear(tone.data(), tone.size());
  run.EndSpeech();
  std::vector<float> raw = MotionOf(run).raw;
  raw.resize(std::size_t{70} * kSpoken);  // others are not frames of it
  return raw;
}

}  // namespace

TEST_SUITE_BEGIN("threads");

TEST_CASE("clips and streams at once share samplers, no more than lanes, and keep their motion") {
  if (!puppet::Built()) return;
  constexpr std::size_t kClips = 6;
  std::vector<std::vector<float>> expected;
  {
    const Stage alone("cpu", 1);
    for (std::size_t i = 0; i < kClips; i++) expected.push_back(MotionOf(*MakeClip(alone, i)).raw);
    for (std::size_t i = 0; i < kClips; i++) expected.push_back(Spoken(alone, i));
  }
  for (const char* device : {"cpu", "guarded"}) {
    const Stage puppet(device, 2);
    std::vector<std::vector<float>> made(2 * kClips);
    std::vector<std::size_t> most(2 * kClips);
    std::vector<std::thread> threads;
    for (std::size_t i = 0; i < made.size(); i++) {
      threads.emplace_back([&, i] {
        made[i] = i < kClips ? MotionOf(*MakeClip(puppet, i)).raw : Spoken(puppet, i - kClips);
        most[i] = puppet.talker->samplers().count();
      });
    }
    for (std::thread& thread : threads) thread.join();
    for (std::size_t i = 0; i < made.size(); i++) {
      CAPTURE(device);
      CAPTURE(i);
      CHECK(made[i] == expected[i]);
      CHECK(most[i] <= 2);
    }
    CHECK(puppet.talker->samplers().count() == 0);
  }
}

TEST_CASE("a sampler is lent for a step, and goes on with whose window it is") {
  if (!puppet::Built()) return;
  const Stage puppet("cpu", 1);
  SamplerPool& pool = puppet.talker->samplers();
  const auto stream = puppet.talker->device()->MakeStream();
  const StopToken stop;
  std::vector<std::unique_ptr<MotionSampler>> samplers;
  std::vector<std::unique_ptr<Timeline>> timelines;
  for (std::size_t i = 0; i < 3; i++) {
    const auto speech = puppet::Speech(*puppet.talker, kFrames);
    samplers.push_back(std::make_unique<MotionSampler>(*stream, puppet.portrait, speech, ClipOf(i)));
    timelines.push_back(std::make_unique<Timeline>(*stream, puppet.portrait, ClipOf(i), kFrames));
  }
  // Between all steps of the first clip's windows the second one samples a window of its own, and so on.
  std::size_t depth = 0, between = 0;
  stream->OnPause([&] {
    samplers[depth]->GiveBack(true);
    CHECK(pool.count() == 1);
    if (depth + 1 == samplers.size() || timelines[depth + 1]->known() == kFrames) return;
    between++;
    depth++;
    samplers[depth]->Window(*timelines[depth], stop);
    depth--;
  });
  for (int window = 0; window < 2; window++) samplers[0]->Window(*timelines[0], stop);
  CHECK(between == 4);
  stream->OnPause({});
  for (std::size_t i = 0; i < 3; i++) {
    CAPTURE(i);
    CHECK(timelines[i]->DownloadRaw(*stream) == MotionOf(*MakeClip(Stage("cpu"), i)).raw);
  }
  samplers.clear();
  CHECK(pool.count() == 0);
}

TEST_CASE("a sampler whose run failed is lent to nobody again") {
  if (!puppet::Built()) return;
  const auto device = std::make_shared<FailingDevice>();
  const Stage puppet(device, 1);
  SamplerPool& pool = puppet.talker->samplers();
  const auto expected = MotionOf(*MakeClip(Stage("cpu"), 3)).raw;
  SamplerPool::User user(*puppet.talker, {64, 4});
  std::size_t gone = 0;
  for (std::int64_t n = 0;; n++) {
    user.Lend();
    user.GiveBack();
    const auto failing = MakeClip(puppet, 3);
    device->FailAt(FailingDevice::kCopy, n);
    MotionReader reader;
    reader.Ask(*failing);
    const std::string answer = reader.Wait().front();
    failing->Close();
    if (answer != "NATIVE") break;
    gone += pool.count() == 0;  // it failed while the sampler was lent
  }
  device->FailAt(FailingDevice::kCopy, -1);
  CHECK(gone > 0);
  CHECK(MotionOf(*MakeClip(puppet, 3)).raw == expected);
}

TEST_CASE("a sampler of another length takes the place of one that nobody has") {
  if (!puppet::Built()) return;
  const Stage puppet("cpu", 1);
  SamplerPool& pool = puppet.talker->samplers();
  SamplerPool::User one(*puppet.talker, {64, 3}), other(*puppet.talker, {64, 4});
  one.Lend();
  other.Lend();  // somebody without a turn
  CHECK(pool.count() == 2);
  one.GiveBack();
  other.GiveBack();
  SamplerPool::User shorter(*puppet.talker, {32, 3});
  CHECK(shorter.Lend().window() == 32);
  CHECK(pool.count() == 2);
  shorter.GiveBack();
  CHECK(one.Lend().window() == 64);
  CHECK(pool.count() == 2);
}

TEST_CASE("steps are the same for all who want them at a time") {
  if (!puppet::Built()) return;
  const Stage puppet("cpu", 1);
  SamplerPool& pool = puppet.talker->samplers();
  const auto stream = puppet.talker->device()->MakeStream();
  auto ten = pool.StepsOf(*stream, {10}, 64);
  CHECK(pool.StepsOf(*stream, {10}, 64) == ten);
  CHECK(pool.StepsOf(*stream, {10, true}, 64) != ten);
  CHECK(pool.StepsOf(*stream, {11}, 64) != ten);
  const std::weak_ptr<const stages::SampleSteps> gone = ten;
  ten.reset();
  CHECK(gone.expired());
}

TEST_SUITE_END();
