// The engine as a whole, without Node: a portrait and a voice to frames, on every device of this machine.
#include "engine/run.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "core/error.h"
#include "puppet.h"

namespace {

using namespace kdtalker;

constexpr std::size_t kFrameBytes = std::size_t{3} * 512 * 512;
using Bytes = std::vector<std::uint8_t>;

std::string CodeOf(const std::exception_ptr& error) {
  if (error == nullptr) return "";
  try {
    std::rethrow_exception(error);
  } catch (const Error& thrown) {
    return thrown.code();
  } catch (...) {
    return "another kind of error";
  }
}

template <class Work>
std::string CodeThrownBy(Work work) {
  try {
    work();
  } catch (...) {
    return CodeOf(std::current_exception());
  }
  return "";
}

// Reads of a clip and how they ended. Destroyed after the clip: late answers still find it.
class Reader {
 public:
  struct Answer {
    std::int64_t index;
    std::string code;
  };

  void Ask(Run& clip, PixelFormat format = PixelFormat::kRgb) {
    auto& out = buffers_.emplace_back(std::make_unique<Bytes>(kFrameBytes));
    asked_++;
    clip.Read(format, out->data(), [this](std::int64_t index, const std::exception_ptr& error) {
      const std::lock_guard lock(mutex_);
      answers_.push_back({index, CodeOf(error)});
      changed_.notify_all();
    });
  }

  void Wait() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return answers_.size() == asked_; });
  }

  std::size_t asked() const { return asked_; }
  const std::vector<Answer>& answers() const { return answers_; }
  const Bytes& buffer(std::size_t i) const { return *buffers_[i]; }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::size_t asked_ = 0;
  std::vector<Answer> answers_;
  std::vector<std::unique_ptr<Bytes>> buffers_;
};

struct Stage {
  explicit Stage(const std::string& device, int threads = 1)
      : talker(puppet::Talker(device, threads)), portrait(Portrait::Prepare(talker, puppet::Picture())) {}
  std::shared_ptr<Talker> talker;
  std::shared_ptr<Portrait> portrait;

  std::unique_ptr<Run> MakeRun(std::int64_t frames, std::uint64_t seed = 1) const {
    RunOptions options;
    options.seed = seed;
    return std::make_unique<Run>(portrait, puppet::Speech(*talker, frames), options);
  }
};

// All frames of a clip, in their order.
std::vector<Bytes> FramesOf(Run& clip, std::int64_t frames) {
  Reader reader;
  for (std::int64_t i = 0; i < frames; i++) reader.Ask(clip);
  reader.Wait();
  std::vector<Bytes> made;
  for (std::int64_t i = 0; i < frames; i++) made.push_back(reader.buffer(static_cast<std::size_t>(i)));
  return made;
}

Run::Motion MotionOf(Run& clip) {
  std::mutex mutex;
  std::condition_variable changed;
  bool done = false;
  Run::Motion found;
  clip.ReadMotion([&](Run::Motion motion, const std::exception_ptr& error) {
    const std::lock_guard lock(mutex);
    CHECK(CodeOf(error).empty());
    found = std::move(motion);
    done = true;
    changed.notify_all();
  });
  std::unique_lock lock(mutex);
  changed.wait(lock, [&] { return done; });
  return found;
}

}  // namespace

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
  const Stage stage("guarded");
  FramesOf(*stage.MakeRun(3), 3);
  for (const CrossingCount& count : stage.talker->device()->counters()) {
    CAPTURE(count.crossing);
    const bool once = count.crossing == "picture" || count.crossing == "spectrogram";
    if (count.crossing != "pack") CHECK(count.uploads == (once ? 1 : 0));
    CHECK(count.downloads == (count.crossing == "frame" ? 3 : 0));
  }
}

TEST_CASE("reads past the last frame say so") {
  if (!puppet::Built()) return;
  const Stage stage("cpu", 2);
  const auto clip = stage.MakeRun(2);
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
  const Stage stage("cpu");
  const auto clip = stage.MakeRun(4);
  const Run::Motion before = MotionOf(*clip);
  const auto frames = FramesOf(*clip, 4);
  const Run::Motion after = MotionOf(*clip);
  CHECK(before.motion == after.motion);
  CHECK(before.motion.size() == 4 * 70);
  RunOptions options;
  options.smoothing = 0;
  Run replay(stage.portrait, before.motion, options);
  CHECK(FramesOf(replay, 4) == frames);
}

TEST_CASE("stop answers every read, once") {
  if (!puppet::Built()) return;
  const Stage stage("cpu", 2);
  for (const int ahead : {0, 1, 5, 40}) {
    CAPTURE(ahead);
    Reader reader;
    const auto clip = stage.MakeRun(60);
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
  const Stage stage("cpu", 2);
  for (int i = 0; i < 12; i++) {
    Reader reader;
    {
      const auto clip = stage.MakeRun(80);
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
  const Stage stage("cpu", 2);
  const auto expected = FramesOf(*stage.MakeRun(3), 3);
  std::vector<std::vector<Bytes>> made(6);
  std::vector<std::thread> threads;
  for (auto& frames : made) {
    threads.emplace_back([&stage, &frames] { frames = FramesOf(*stage.MakeRun(3), 3); });
  }
  for (std::thread& thread : threads) thread.join();
  for (const auto& frames : made) CHECK(frames == expected);
}

TEST_CASE("a portrait is restored from what it saved") {
  if (!puppet::Built()) return;
  const Stage stage("cpu");
  Portrait::Saved saved = stage.portrait->Save();
  const auto restored = Portrait::Restore(stage.talker, saved);
  RunOptions options;
  options.seed = 1;
  Run clip(restored, puppet::Speech(*stage.talker, 2), options);
  CHECK(FramesOf(clip, 2) == FramesOf(*stage.MakeRun(2), 2));
  saved.motion.pop_back();
  CHECK(CodeThrownBy([&] { Portrait::Restore(stage.talker, saved); }) == "PORTRAIT_INVALID");
  saved.feature_dims = {1, 2, 3};
  CHECK(CodeThrownBy([&] { Portrait::Restore(stage.talker, saved); }) == "PORTRAIT_INVALID");
}

TEST_CASE("what could harm memory is refused") {
  if (!puppet::Built()) return;
  const Stage stage("cpu"), other("guarded");
  const RunOptions options;
  CHECK(CodeThrownBy([&] { Run(stage.portrait, puppet::Speech(*other.talker, 2), options); }) ==
        "INVALID_ARGUMENT");
  const auto unfinished = std::make_shared<Speech>(stage.talker->device(), 16000);
  CHECK(CodeThrownBy([&] { Run(stage.portrait, unfinished, options); }) == "INVALID_ARGUMENT");
  CHECK(CodeThrownBy([&] { unfinished->Finish(); }) == "SPEECH_TOO_SHORT");
  const float sample = 0;
  CHECK(CodeThrownBy([&] { unfinished->Push(&sample, 1); }) == "CLOSED");
  PortraitOptions picture = puppet::Picture();
  picture.crop.pop_back();
  CHECK(CodeThrownBy([&] { Portrait::Prepare(stage.talker, picture); }) == "INVALID_ARGUMENT");
  picture = puppet::Picture();
  picture.keypoints.pop_back();
  CHECK(CodeThrownBy([&] { Portrait::Prepare(stage.talker, picture); }) == "INVALID_ARGUMENT");
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
