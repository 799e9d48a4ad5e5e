// A talker of the puppet with a portrait, and readers of its clips.
#pragma once

#include <doctest/doctest.h>

#include <condition_variable>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "core/error.h"
#include "engine/run.h"
#include "puppet.h"
#include "support/failures.h"

namespace stage {

using namespace kdtalker;

inline constexpr std::size_t kFrameBytes = std::size_t{3} * 512 * 512;
using Bytes = std::vector<std::uint8_t>;

inline std::string CodeOf(const std::exception_ptr& error) {
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

// Reads of a clip and their results. Destroyed after the clip, because late answers still use it.
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
      const failures::Exempt exempt;
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

// Several requests for motion, and their results.
class MotionReader {
 public:
  // `then` is called in the callback.
  void Ask(Run& run, const std::function<void()>& then = [] {}) {
    {
      const std::lock_guard lock(mutex_);
      asked_++;
    }
    run.ReadMotion([this, then](const Run::Motion& motion, const std::exception_ptr& error) {
      then();
      const failures::Exempt exempt;
      const std::lock_guard lock(mutex_);
      answers_.push_back(error == nullptr ? std::to_string(motion.motion.size() / 70) : CodeOf(error));
      changed_.notify_all();
    });
  }

  std::vector<std::string> Wait() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return answers_.size() == asked_; });
    return answers_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::size_t asked_ = 0;
  std::vector<std::string> answers_;
};

struct Stage {
  explicit Stage(const std::string& device, int threads = 1)
      : talker(puppet::Talker(device, threads)), portrait(Portrait::Prepare(talker, puppet::Picture())) {}
  explicit Stage(const std::shared_ptr<Device>& device, int threads = 1)
      : talker(std::make_shared<Talker>(puppet::Runtime(), puppet::Options("cpu", threads), device)),
        portrait(Portrait::Prepare(talker, puppet::Picture())) {}
  explicit Stage(RendererKind renderers, const std::string& device, int threads = 1)
      : talker(std::make_shared<Talker>(puppet::Runtime(), puppet::Options(device, threads),
                                        OpenDevice(device), std::move(renderers))),
        portrait(Portrait::Prepare(talker, puppet::Picture())) {}
  std::shared_ptr<Talker> talker;
  std::shared_ptr<Portrait> portrait;

  std::unique_ptr<Run> MakeRun(std::int64_t frames, std::uint64_t seed = 1) const {
    RunOptions options;
    options.seed = seed;
    return std::make_unique<Run>(portrait, puppet::Speech(*talker, frames), options);
  }
};

// All frames of a clip, in their order.
inline std::vector<Bytes> FramesOf(Run& clip, std::int64_t frames) {
  Reader reader;
  for (std::int64_t i = 0; i < frames; i++) reader.Ask(clip);
  reader.Wait();
  std::vector<Bytes> made;
  for (std::int64_t i = 0; i < frames; i++) made.push_back(reader.buffer(static_cast<std::size_t>(i)));
  return made;
}

inline Run::Motion MotionOf(Run& clip) {
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

}  // namespace stage
