// The engine as a whole, without Node: a portrait and a voice to frames, on every device of this machine.
#include "engine/run.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "core/error.h"
#include "puppet.h"
#include "support/stage.h"

using namespace stage;

TEST_SUITE_BEGIN("threads");

TEST_CASE("every device and any count of threads make the same frames") {
  if (!puppet::Built()) return;
  const auto expected = FramesOf(*Stage("cpu").MakeRun(5), 5);
  CHECK(expected[0] != expected[4]);
  CHECK(FramesOf(*Stage("cpu", 3).MakeRun(5), 5) == expected);
  CHECK(FramesOf(*Stage("guarded", 2).MakeRun(5), 5) == expected);
  CHECK(FramesOf(*Stage("cpu").MakeRun(5, 2), 5) != expected);
}

TEST_CASE("a clip makes only the declared copies") {
  if (!puppet::Built()) return;
  const Stage puppet_stage("guarded");
  FramesOf(*puppet_stage.MakeRun(3), 3);
  for (const CrossingCount& count : puppet_stage.talker->device()->counters()) {
    CAPTURE(count.crossing);
    const bool once = count.crossing == "picture" || count.crossing == "spectrogram";
    if (count.crossing != "pack") CHECK(count.uploads == (once ? 1 : 0));
    CHECK(count.downloads == (count.crossing == "frame" ? 3 : 0));
  }
}

TEST_CASE("a renderer starts only when a frame could be rendered and all are busy, and never too many") {
  if (!puppet::Built()) return;
  const Stage puppet_stage("cpu", 64);
  CHECK(puppet_stage.talker->frames_at_once() == 8);
  Reader one, many;
  const auto slow = puppet_stage.MakeRun(5), fast = puppet_stage.MakeRun(40);
  {
    const failures::FailNth counting(failures::kThread, 1000);
    for (int i = 0; i < 5; i++) {
      one.Ask(*slow);
      one.Wait();
    }
    CHECK(counting.seen() == 2);  // the sampler, and a renderer
  }
  const failures::FailNth counting(failures::kThread, 1000);
  for (int i = 0; i < 40; i++) many.Ask(*fast);
  many.Wait();
  CHECK(counting.seen() >= 2);
  CHECK(counting.seen() <= 9);
}

TEST_CASE("reads past the last frame say so") {
  if (!puppet::Built()) return;
  const Stage puppet_stage("cpu", 2);
  const auto clip = puppet_stage.MakeRun(2);
  Reader reader;
  for (int i = 0; i < 4; i++) reader.Ask(*clip);
  reader.Wait();
  std::vector<std::int64_t> indices;
  for (const auto& answer : reader.answers()) indices.push_back(answer.index);
  std::sort(indices.begin(), indices.end());
  CHECK(indices == std::vector<std::int64_t>{-1, -1, 0, 1});
  reader.Ask(*clip);
  reader.Wait();
  CHECK(reader.answers().back().index == -1);
  CHECK(reader.answers().back().code.empty());
}

TEST_CASE("motion may be asked for before, between and after frames, and replays to the same frames") {
  if (!puppet::Built()) return;
  const Stage puppet_stage("cpu");
  const auto clip = puppet_stage.MakeRun(4);
  const Run::Motion before = MotionOf(*clip);
  const auto frames = FramesOf(*clip, 4);
  const Run::Motion after = MotionOf(*clip);
  CHECK(before.motion == after.motion);
  CHECK(before.motion.size() == 4 * 70);
  RunOptions options;
  options.smoothing = 0;
  Run replay(puppet_stage.portrait, before.motion, options);
  CHECK(FramesOf(replay, 4) == frames);
}

TEST_CASE("stop answers every read, once") {
  if (!puppet::Built()) return;
  const Stage puppet_stage("cpu", 2);
  for (const int ahead : {0, 1, 5, 40}) {
    CAPTURE(ahead);
    Reader reader;
    const auto clip = puppet_stage.MakeRun(60);
    for (int i = 0; i < ahead; i++) reader.Ask(*clip);
    std::thread([&clip] { clip->Stop(); }).join();
    reader.Ask(*clip);
    clip->Close();
    CHECK(reader.answers().size() == reader.asked());
    for (const auto& answer : reader.answers()) {
      CHECK((answer.index >= 0 || answer.code == "ABORTED" || answer.code == "CLOSED"));
    }
    clip->Close();  // twice is fine
    reader.Ask(*clip);
    reader.Wait();
    CHECK_FALSE(reader.answers().back().code.empty());
  }
}

TEST_CASE("a clip may be destroyed at any moment of its work") {
  if (!puppet::Built()) return;
  const Stage puppet_stage("cpu", 2);
  for (int i = 0; i < 12; i++) {
    Reader reader;
    {
      const auto clip = puppet_stage.MakeRun(80);
      for (int k = 0; k < 6; k++) reader.Ask(*clip);
      std::this_thread::sleep_for(std::chrono::milliseconds(7 * i));
    }
    CHECK(reader.answers().size() == reader.asked());
  }
}

TEST_CASE("a talker lives as long as its last clip") {
  if (!puppet::Built()) return;
  std::unique_ptr<Run> clip = Stage("guarded", 2).MakeRun(3);
  CHECK(FramesOf(*clip, 3).size() == 3);
}

TEST_CASE("clips of one talker at once") {
  if (!puppet::Built()) return;
  const Stage puppet_stage("cpu", 2);
  const auto expected = FramesOf(*puppet_stage.MakeRun(3), 3);
  std::vector<std::vector<Bytes>> made(6);
  std::vector<std::thread> threads;
  for (auto& frames : made) {
    threads.emplace_back([&puppet_stage, &frames] { frames = FramesOf(*puppet_stage.MakeRun(3), 3); });
  }
  for (std::thread& thread : threads) thread.join();
  for (const auto& frames : made) CHECK(frames == expected);
}

TEST_CASE("a portrait is restored from what it saved") {
  if (!puppet::Built()) return;
  const Stage puppet_stage("cpu");
  Portrait::Saved saved = puppet_stage.portrait->Save();
  const auto restored = Portrait::Restore(puppet_stage.talker, saved);
  RunOptions options;
  options.seed = 1;
  Run clip(restored, puppet::Speech(*puppet_stage.talker, 2), options);
  CHECK(FramesOf(clip, 2) == FramesOf(*puppet_stage.MakeRun(2), 2));
  saved.motion.pop_back();
  CHECK(CodeThrownBy([&] { Portrait::Restore(puppet_stage.talker, saved); }) == "PORTRAIT_INVALID");
  saved.feature_dims = {1, 2, 3};
  CHECK(CodeThrownBy([&] { Portrait::Restore(puppet_stage.talker, saved); }) == "PORTRAIT_INVALID");
}

TEST_CASE("a photo is one object from whoever gave it to whoever saves it") {
  if (!puppet::Built()) return;
  const Stage puppet_stage("cpu");
  const std::vector<std::uint8_t> rgb(std::size_t{3} * 40 * 30, 9);
  PortraitOptions picture = puppet::Picture();
  picture.photo = std::make_shared<const stages::PhotoPixels>(stages::Picture{rgb.data(), 40, 30},
                                                              std::array<double, 6>{1, 0, 0, 0, 1, 0});
  const auto portrait = Portrait::Prepare(puppet_stage.talker, picture);
  CHECK(portrait->photo_pixels() == picture.photo);
  const Portrait::Saved saved = portrait->Save();
  CHECK(saved.photo == picture.photo);
  CHECK(Portrait::Restore(puppet_stage.talker, saved)->photo_pixels() == picture.photo);
  CHECK(portrait->bytes() > puppet_stage.portrait->bytes());
  CHECK(portrait->bytes() - puppet_stage.portrait->bytes() == rgb.size());
}

TEST_CASE("what could harm memory is refused") {
  if (!puppet::Built()) return;
  const Stage puppet_stage("cpu"), other("guarded");
  const RunOptions options;
  CHECK(CodeThrownBy([&] { Run(puppet_stage.portrait, puppet::Speech(*other.talker, 2), options); }) ==
        "INVALID_ARGUMENT");
  const auto unfinished = std::make_shared<Speech>(puppet_stage.talker->device(), 16000);
  CHECK(CodeThrownBy([&] { Run(puppet_stage.portrait, unfinished, options); }) == "INVALID_ARGUMENT");
  CHECK(CodeThrownBy([&] { unfinished->Finish(); }) == "SPEECH_TOO_SHORT");
  const float sample = 0;
  CHECK(CodeThrownBy([&] { unfinished->Push(&sample, 1); }) == "CLOSED");
  PortraitOptions picture = puppet::Picture();
  picture.crop.pop_back();
  CHECK(CodeThrownBy([&] { Portrait::Prepare(puppet_stage.talker, picture); }) == "INVALID_ARGUMENT");
  picture = puppet::Picture();
  picture.keypoints.pop_back();
  CHECK(CodeThrownBy([&] { Portrait::Prepare(puppet_stage.talker, picture); }) == "INVALID_ARGUMENT");
}

TEST_CASE("a pack that does not fit is refused") {
  if (!puppet::Built()) return;
  const auto load = [](const TalkerOptions& options) {
    return CodeThrownBy([&] {
      const auto talker = std::make_shared<Talker>(puppet::Runtime(), options);
      const auto portrait = Portrait::Prepare(talker, puppet::Picture());
      Run clip(portrait, puppet::Speech(*talker, 1), {});
      Reader reader;
      reader.Ask(clip);
      reader.Wait();
      if (!reader.answers()[0].code.empty()) throw Error(reader.answers()[0].code, "in the clip");
    });
  };
  TalkerOptions options = puppet::Options("cpu", 1);
  CHECK(load(options).empty());
  options.motion_std.pop_back();
  CHECK(load(options) == "PACK_INVALID");
  options = puppet::Options("cpu", 1);
  options.roles.erase("render");
  CHECK(load(options) == "PACK_INVALID");
  options = puppet::Options("cpu", 1);
  options.roles["denoiser"].inputs["x"] = "no such tensor";
  CHECK(load(options) == "PACK_INVALID");
  options = puppet::Options("cpu", 1);
  options.roles["audio"].file = "dist/built-in/puppet/pack.json";
  CHECK(load(options) == "PACK_DAMAGED");
  options = puppet::Options("cpu", 1);
  options.roles["audio"].file = "no/such/file.onnx";
  CHECK(load(options) == "PACK_DAMAGED");
}

TEST_SUITE_END();
