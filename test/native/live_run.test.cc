// Runs whose speech is spoken while it is heard: the same frames in whatever pieces, interruptions, ends.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

#include "engine/live_sampler.h"
#include "engine/motion_sampler.h"
#include "support/live_speaking.h"

using namespace stage;

namespace {

std::unique_ptr<Run> LiveRun(const Stage& puppet, const RunOptions& options = Options()) {
  return std::make_unique<Run>(puppet.portrait, std::make_shared<LiveSpeech>(16000, 25), options);
}

void Speak(Run& run, const Floats& samples, std::size_t piece) {
  for (std::size_t at = 0; at < samples.size(); at += piece)
    run.Hear(samples.data() + at, std::min(piece, samples.size() - at));
}

std::vector<Bytes> Frames(const Stage& puppet, std::int64_t frames, std::size_t piece) {
  const auto run = LiveRun(puppet);
  Speak(*run, SwellingTone(frames), piece);
  run->EndSpeech();
  return FramesOf(*run, frames);
}

// A tone, and then silence.
Floats Sound(std::int64_t tone) {
  Floats sound = SwellingTone(tone);
  sound.resize(std::size_t{640} * 140, 0.0F);
  return sound;
}

// The raw motion that a sampler makes in `hops` hops of a sound that is all there, or of a clip's windows.
Floats RawMotion(const Stage& puppet, const RunOptions& options, const Floats& sound, int hops) {
  const auto stream = puppet.talker->device()->MakeStream();
  auto speech = std::make_shared<LiveSpeech>(16000, 25);
  speech->Push(sound.data(), sound.size());
  const StopToken stop;
  LiveSampler sampler(*stream, puppet.portrait, speech, options);
  const auto timeline = sampler.MakeTimeline();
  for (int i = 0; i < hops; i++) {
    sampler.Hop(*timeline, stop);
    stream->Synchronise();
  }
  return timeline->DownloadRaw(*stream);
}

Floats ClipMotion(const Stage& puppet, RunOptions options, const Floats& sound) {
  options.steps = options.stream->plan_steps;
  options.stream.reset();
  const auto stream = puppet.talker->device()->MakeStream();
  auto speech = std::make_shared<Speech>(puppet.talker->device(), 16000);
  speech->Push(sound.data(), sound.size());
  speech->Finish();
  const StopToken stop;
  Timeline timeline(*stream, puppet.portrait, options, 140);
  MotionSampler sampler(*stream, puppet.portrait, speech, options);
  while (timeline.known() < 140) sampler.Window(timeline, stop);
  return timeline.DownloadRaw(*stream);
}

// The largest difference of two frames' numbers, in raw motion.
float Apart(const Floats& motion, std::size_t one, std::size_t other) {
  float most = 0;
  for (std::size_t c = 0; c < 70; c++)
    most = std::max(most, std::abs(motion[70 * one + c] - motion[70 * other + c]));
  return most;
}

// Idle life, hop by hop.
struct Idle {
  Idle(const Stage& puppet, const RunOptions& options)
      : stream(puppet.talker->device()->MakeStream()),
        speech(std::make_shared<LiveSpeech>(16000, 25)),
        sampler(*stream, puppet.portrait, speech, options),
        timeline(sampler.MakeTimeline()) {
    const Floats silence(std::size_t{640} * 140, 0.0F);
    speech->Push(silence.data(), silence.size());
  }

  void Hops(int count) {
    for (int i = 0; i < count; i++) {
      sampler.Hop(*timeline, stop);
      record.Copy(*stream, sampler.track(), timeline->known());
      stream->Synchronise();
      record.Keep();
    }
  }

  // It goes on as if the frames before `frame` had been others.
  void GoOn(std::int64_t frame, const LoopPast& past) {
    speech->Restart(frame, LiveSampler::kRest);
    const Floats silence(std::size_t{640} * 140, 0.0F);
    speech->Push(silence.data(), silence.size());
    sampler.Interrupt(*timeline, frame, past, stop);
  }

  Floats Raw() const { return timeline->DownloadRaw(*stream); }

  const StopToken stop;
  std::unique_ptr<Stream> stream;
  std::shared_ptr<LiveSpeech> speech;
  LiveSampler sampler;
  std::unique_ptr<Timeline> timeline;
  TrackRecord record;
};

// The raw motion of idle life that comes back at frame 53 to where it was 40 frames before.
Floats Looped(const Stage& puppet, int ahead) {
  Idle idle(puppet, Options(4, ahead));
  idle.record.Begin(0, 53);
  idle.Hops(12);
  idle.sampler.JoinAt(*idle.timeline, {53, idle.record.Rows(13, 30), -40});
  idle.Hops(6);
  return idle.Raw();
}

}  // namespace

TEST_SUITE_BEGIN("threads");

TEST_CASE("a loop of idle life comes back to its beginning, and life goes on from there without a jump") {
  if (!puppet::Built()) return;
  const Stage puppet("cpu");
  for (const int ahead : {2, 0}) {
    CAPTURE(ahead);
    const Floats motion = Looped(puppet, ahead);
    CHECK(Apart(motion, 52, 12) > 1e-3F);
    for (const std::size_t frame : {60U, 61U, 62U, 63U}) CHECK(Apart(motion, frame, frame - 40) < 1e-6F);
    float ordinary = 0;
    for (std::size_t frame = 1; frame < 53; frame++)
      ordinary = std::max(ordinary, Apart(motion, frame, frame - 1));
    const float way = Apart(motion, 52, 12);  // in eight frames
    for (std::size_t frame = 53; frame < 61; frame++)
      CHECK(Apart(motion, frame, frame - 1) < ordinary + way / 4);
    for (std::size_t frame = 61; frame < 72; frame++)
      CHECK(Apart(motion, frame, frame - 1) < 1.5F * ordinary);
  }
}

TEST_CASE("a stream goes on from a loop as the one went on in which it was made") {
  if (!puppet::Built()) return;
  const Stage puppet("cpu");
  RunOptions options = Options();
  Idle maker(puppet, options);
  maker.record.Begin(-64, 40);
  maker.Hops(15);
  const Floats made = maker.Raw();
  options.seed = 8;
  Idle other(puppet, options);
  other.Hops(12);
  CHECK(Apart(other.Raw(), 39, 40) > 1e-6F);  // it lives
  other.GoOn(40, {maker.record.Rows(-24, 64), {}});
  other.Hops(3);
  const Floats motion = other.Raw();
  float ordinary = 0;
  for (std::size_t frame = 1; frame < 60; frame++)
    ordinary = std::max(ordinary, Apart(made, frame, frame - 1));
  for (std::size_t frame = 33; frame < 40; frame++) {
    float most = 0;  // what was shown is what the smoother knows
    for (std::size_t c = 0; c < 70; c++)
      most = std::max(most, std::abs(motion[70 * frame + c] - made[70 * frame + c]));
    CHECK(most < 1e-6F);
  }
  for (std::size_t frame = 40; frame < 56; frame++) CHECK(Apart(motion, frame, frame - 1) < 1.5F * ordinary);
  CHECK(Apart(motion, 40, 55) > 1e-3F);
}

TEST_CASE("a join that is cancelled leaves the motion where it is") {
  if (!puppet::Built()) return;
  const Stage puppet("cpu");
  const RunOptions options = Options();
  Idle plain(puppet, options), idle(puppet, options);
  plain.Hops(14);
  idle.record.Begin(0, 48);
  idle.Hops(12);
  idle.sampler.JoinAt(*idle.timeline, {50, idle.record.Rows(0, 30), 0});
  idle.Hops(1);
  idle.sampler.CancelJoin();
  idle.Hops(3);
  const Floats motion = idle.Raw(), expected = plain.Raw();
  CHECK(Floats(motion.begin(), motion.begin() + 70 * 50) ==
        Floats(expected.begin(), expected.begin() + 70 * 50));
  CHECK(Apart(motion, 51, 49) > 1e-4F);
  float ordinary = 0;
  for (std::size_t frame = 1; frame < 50; frame++)
    ordinary = std::max(ordinary, Apart(expected, frame, frame - 1));
  for (std::size_t frame = 52; frame < 64; frame++) CHECK(Apart(motion, frame, frame - 1) < 1.5F * ordinary);
}

TEST_CASE("a stream whose motion is recorded allocates and waits no more than another") {
  if (!puppet::Built()) return;
  const Stage puppet("guarded");
  Device& device = *puppet.talker->device();
  const auto downloads = [&device] {
    for (const CrossingCount& count : device.counters())
      if (count.crossing == "motion") return count.downloads;
    return std::uint64_t{0};
  };
  Idle plain(puppet, Options()), recorded(puppet, Options());
  const auto cost = [&device](Idle& idle) {
    const DeviceWork before = device.work();
    idle.Hops(4);
    const DeviceWork after = device.work();
    return std::pair(after.allocations - before.allocations,
                     after.synchronisations - before.synchronisations);
  };
  recorded.record.Begin(-64, 80);
  plain.Hops(1);
  recorded.Hops(1);  // makes the record's memory
  const std::uint64_t before = downloads();
  CHECK(cost(recorded) == cost(plain));
  CHECK(downloads() - before == 4);  // once a hop
  CHECK(recorded.record.Rows(-64, 84).size() == std::size_t{84} * 70);
  recorded.record.Begin(20, 40);  // another one, in the same memory
  CHECK(cost(recorded) == cost(plain));
  CHECK(recorded.record.Rows(20, 16).size() == std::size_t{16} * 70);
  CHECK(recorded.record.Rows(20, 17).empty());
}

TEST_CASE("a stream's frames do not depend on the pieces of its sound, nor on the device") {
  if (!puppet::Built()) return;
  const Stage cpu("cpu", 2), guarded("guarded", 2);
  const auto expected = Frames(cpu, 10, 6400);
  CHECK(expected[2] != expected[9]);
  CHECK(Frames(cpu, 10, 1) == expected);
  CHECK(Frames(cpu, 10, 777) == expected);
  CHECK(Frames(guarded, 10, 2000) == expected);
}

TEST_CASE("a stream uploads once a hop and downloads once a frame") {
  if (!puppet::Built()) return;
  const Stage puppet("guarded");
  Frames(puppet, 10, 6400);
  for (const CrossingCount& count : puppet.talker->device()->counters()) {
    CAPTURE(count.crossing);
    if (count.crossing == "spectrogram") CHECK(count.uploads == 1 + 3);  // the silence; hops of 4 frames
    if (count.crossing == "picture") CHECK(count.uploads == 1);
    if (count.crossing == "motion" || count.crossing == "trace") CHECK(count.uploads == 0);
    CHECK(count.downloads == (count.crossing == "frame" ? 10 : 0));
  }
}

TEST_CASE("a frame waits for the sound that it needs, and is then made without more") {
  if (!puppet::Built()) return;
  const Stage puppet("cpu");
  const auto run = LiveRun(puppet);
  Reader reader;
  for (int i = 0; i < 4; i++) reader.Ask(*run);
  const Floats tone = SwellingTone(9);  // the first hop reads windows of frames 0 to 5: 640 5 + 2120 samples
  run->Hear(tone.data(), 640 * 5 + 2120);
  reader.Wait();
  CHECK(reader.answers().size() == 4);
  reader.Ask(*run);
  run->Stop();
  reader.Wait();
  CHECK(reader.answers().back().code == "ABORTED");
}

TEST_CASE("head and eyes of a stream are a clip's, as far as the plan has heard") {
  if (!puppet::Built()) return;
  const Stage puppet("cpu");
  const RunOptions options = Options(4, 58);
  const Floats sound = Sound(50);  // it is silent where the first plan has heard nothing
  const Floats clip = ClipMotion(puppet, options, sound), stream = RawMotion(puppet, options, sound, 16);
  const kernels::MotionMask lips = Lips();
  double slow = 0, fast = 0;
  for (std::size_t i = 0; i < std::size_t{56} * 70; i++) {
    const double error = std::abs(static_cast<double>(clip[i]) - static_cast<double>(stream[i]));
    double& worst = lips.of[i % 70] == 0 ? slow : fast;
    worst = std::max(worst, error / (i % 70 >= 1 && i % 70 <= 3 ? 9.0 : 0.02));
  }
  MESSAGE("largest error in standard deviations: " << slow << " of the slow numbers, " << fast << " of lips");
  CHECK(slow < 1e-6);
}

TEST_CASE("a plan goes on where the one before it ended") {
  if (!puppet::Built()) return;
  const Stage puppet("cpu");
  const Floats raw =
      RawMotion(puppet, Options(), SwellingTone(140), 34);  // two plans end, at frames 64 and 128
  double inside = 0;
  for (std::size_t frame = 1; frame < 136; frame++)
    if (frame % 64 != 0)
      inside = std::max(inside, static_cast<double>(std::abs(raw[frame * 70 + 1] - raw[frame * 70 - 69])));
  for (const std::size_t frame : {64U, 128U})
    CHECK(static_cast<double>(std::abs(raw[frame * 70 + 1] - raw[frame * 70 - 69])) < inside);
}

TEST_CASE("requests for frames that there will not be are answered when the sound ends") {
  if (!puppet::Built()) return;
  const Stage puppet("cpu", 2);
  const auto run = LiveRun(puppet);
  Reader reader;
  for (int i = 0; i < 6; i++) reader.Ask(*run);
  Speak(*run, SwellingTone(3), 640);
  run->EndSpeech();
  reader.Wait();
  std::vector<std::int64_t> indices;
  for (const auto& answer : reader.answers()) indices.push_back(answer.index);
  std::sort(indices.begin(), indices.end());
  CHECK(indices == std::vector<std::int64_t>{-1, -1, -1, 0, 1, 2});
}

TEST_CASE("an interruption takes frames back, and others come in their place") {
  if (!puppet::Built()) return;
  for (const char* device : {"cpu", "guarded"}) {
    const Stage puppet(device, 2);
    const auto run = LiveRun(puppet);
    Reader before, after;
    Speak(*run, SwellingTone(30), 640);
    for (int i = 0; i < 5; i++) before.Ask(*run);
    before.Wait();
    for (int i = 0; i < 4; i++) before.Ask(*run);  // frames that nobody wants any more
    run->Interrupt(5);
    before.Wait();
    Speak(*run, SwellingTone(6), 640);
    run->EndSpeech();
    const std::int64_t end = 5 + LiveSampler::kRest + 6;
    CHECK(run->frames() == end);
    for (std::int64_t i = 5; i <= end; i++) after.Ask(*run);
    after.Wait();
    std::vector<std::int64_t> indices;
    for (const auto& answer : after.answers()) indices.push_back(answer.index);
    std::sort(indices.begin(), indices.end());
    CHECK(indices.front() == -1);
    CHECK(indices[1] == 5);
    CHECK(indices.back() == end - 1);
  }
}

TEST_CASE("frames after an interruption are the same on every device") {
  if (!puppet::Built()) return;
  const auto frames = [](const char* device) {
    const Stage puppet(device, 2);
    const auto run = LiveRun(puppet);
    Speak(*run, SwellingTone(20), 640);
    auto made = FramesOf(*run, 6);
    run->Interrupt(6);
    Speak(*run, SwellingTone(5), 640);
    run->EndSpeech();
    for (auto& each : FramesOf(*run, 9)) made.push_back(std::move(each));
    return made;
  };
  const auto expected = frames("cpu");
  CHECK(frames("guarded") == expected);
  CHECK(expected[9] != expected[5]);  // the mouth is at rest
}

TEST_CASE("interruptions, ends and stops at any moment: every request is answered once") {
  if (!puppet::Built()) return;
  const Stage puppet("cpu", 2);
  for (int i = 0; i < 24; i++) {
    Reader reader;
    const auto run = LiveRun(puppet);
    std::int64_t done = 0;
    for (int round = 0; round < 3; round++) {
      Speak(*run, SwellingTone(20), static_cast<std::size_t>(1000 + 100 * i));
      for (int k = 0; k < 2 + i % 5; k++) reader.Ask(*run);
      if (i % 3 == 0) {
        reader.Wait();
        done = run->frames() == kernels::kEveryFrame ? reader.answers().back().index + 1 : 0;
        done = std::max<std::int64_t>(done, 0);
      }
      run->Interrupt(i % 3 == 0 ? done : 0);
    }
    if (i % 2 == 0) run->EndSpeech();
    if (i % 4 != 0) std::thread([&run] { run->Stop(); }).join();
    run->Close();
    CHECK(reader.answers().size() == reader.asked());
  }
}

TEST_SUITE_END();
