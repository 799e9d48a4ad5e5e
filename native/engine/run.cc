#include "engine/run.h"

#include <algorithm>
#include <string>
#include <utility>

#include "core/error.h"
#include "core/start_thread.h"

namespace kdtalker {

Run::Run(std::shared_ptr<Portrait> portrait, std::shared_ptr<Speech> speech, RunOptions options)
    : portrait_(std::move(portrait)),
      options_(std::move(options)),
      size_(FrameSize::Of(*portrait_, options_.full)),
      source_(SpeechSource(portrait_, std::move(speech), options_)) {}

Run::Run(std::shared_ptr<Portrait> portrait, std::vector<float> motion, RunOptions options)
    : portrait_(std::move(portrait)),
      options_(std::move(options)),
      size_(FrameSize::Of(*portrait_, options_.full)),
      source_(ReplaySource(portrait_, std::move(motion), options_)) {}

Run::Run(std::shared_ptr<Portrait> portrait, std::shared_ptr<LiveSpeech> speech, RunOptions options)
    : portrait_(std::move(portrait)),
      live_(std::move(speech)),
      options_(std::move(options)),
      size_(FrameSize::Of(*portrait_, options_.full)),
      source_(LiveSource(portrait_, live_, options_)) {}

Run::~Run() {
  Close();
}

void Run::Close() {
  Stop();
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;  // no thread starts after this
  }
  const std::lock_guard lock(join_mutex_);
  if (sampler_.joinable()) sampler_.join();
  for (std::thread& renderer : renderers_) {
    if (renderer.joinable()) renderer.join();
  }
}

void Run::CheckSource(const Portrait& source) const {
  if (source.talker() != portrait_->talker())
    throw Error("INVALID_ARGUMENT",
                "Expected a frame's portrait of the clip's talker but received that of another talker");
  const FrameSize size = FrameSize::Of(source, options_.full);
  if (size.width == size_.width && size.height == size_.height) return;
  throw Error("INVALID_ARGUMENT", "Expected a frame's photo of " + std::to_string(size_.width) + "x" +
                                      std::to_string(size_.height) + " pixels as the clip's but received " +
                                      std::to_string(size.width) + "x" + std::to_string(size.height));
}

void Run::CheckFormat(PixelFormat format) const {
  if (!options_.full || format != PixelFormat::kFloat) return;
  throw Error("INVALID_ARGUMENT", "Expected rgb24 or yuv420p for whole pictures but received rgbf32");
}

void Run::Read(PixelFormat format, void* out, OnFrame on_frame, std::shared_ptr<Portrait> source) {
  std::exception_ptr error;
  bool taken = false;
  try {
    CheckFormat(format);
    if (source != nullptr) CheckSource(*source);
    FrameRequests request(1);
    const std::lock_guard lock(mutex_);
    error = Refusal();
    taken = error == nullptr && !AllAsked();
    if (taken) {
      request.front() = {asked_++, format, out, std::move(on_frame), std::move(source)};
      request.front().interruptions = interruptions_;
      requests_.splice(requests_.end(), request);
      error = StartSampling();
      if (error == nullptr) error = StartRendering();
      changed_.notify_all();
    }
  } catch (...) {
    error = std::current_exception();
  }
  if (!taken) {
    on_frame(kNoFrame, error);  // NOLINT(bugprone-use-after-move): it was moved only if it was taken
  } else if (error != nullptr) {
    Fail(error);
  }
}

void Run::ReadMotion(OnMotion on_motion) {
  std::exception_ptr error;
  bool taken = false;
  try {
    MotionRequests request(1);
    const std::lock_guard lock(mutex_);
    error = Refusal();
    taken = error == nullptr;
    if (taken) {
      request.front() = std::move(on_motion);
      motion_requests_.splice(motion_requests_.end(), request);
      error = StartSampling();
      changed_.notify_all();
    }
  } catch (...) {
    error = std::current_exception();
  }
  if (!taken) {
    on_motion({}, error);  // NOLINT(bugprone-use-after-move): it was moved only if it was taken
  } else if (error != nullptr) {
    Fail(error);
  }
}

void Run::Hear(const float* samples, std::size_t count) {
  live_->Push(samples, count);
  const std::lock_guard lock(mutex_);
  changed_.notify_all();
}

// Requests for frames that there will not be are answered.
void Run::EndSpeech() {
  live_->End();
  FrameRequests beyond;
  {
    const std::lock_guard lock(mutex_);
    const auto first = std::find_if(requests_.begin(), requests_.end(),
                                    [this](const FrameRequest& each) { return each.frame >= frames(); });
    beyond.splice(beyond.end(), requests_, first, requests_.end());
    changed_.notify_all();
  }
  for (const FrameRequest& each : beyond) each.on_frame(kNoFrame, nullptr);
}

void Run::Interrupt(std::int64_t frame) {
  FrameRequests taken_back;
  {
    const std::lock_guard lock(mutex_);
    live_->Restart(frame, LiveSampler::kRest);
    interruption_ = frame;
    interruptions_++;
    stale_ = begun_;
    asked_ = rendered_ = frame;
    given_ = std::min(given_, frame);
    taken_back.swap(requests_);
    changed_.notify_all();
  }
  for (const FrameRequest& each : taken_back) each.on_frame(kTakenBack, nullptr);
}

void Run::Stop() {
  stop_.Stop();
  const std::lock_guard lock(mutex_);
  changed_.notify_all();
}

std::exception_ptr Run::Refusal() const {
  if (error_ != nullptr || !closed_) return error_;
  return std::make_exception_ptr(Error("CLOSED", "Expected an open clip but it was closed"));
}

// If the sampling thread cannot start, the run fails, as with any other error.
std::exception_ptr Run::StartSampling() noexcept {
  try {
    if (!sampler_.joinable()) sampler_ = StartThread([this] { SampleAll(); });
    return nullptr;
  } catch (...) {
    return std::current_exception();
  }
}

// The first renderer gets ready while motion is made; another starts when a frame is ready to render and all
// are busy. If one cannot start, the run continues with the others.
std::exception_ptr Run::StartRendering() noexcept {
  try {
    if (!NeedsRenderer()) return nullptr;
    renderers_.reserve(renderers_.size() + 1);
    renderers_.push_back(StartThread([this] { RenderAll(); }));
    idle_renderers_++;
    return nullptr;
  } catch (...) {
    return renderers_.empty() ? std::current_exception() : nullptr;
  }
}

bool Run::NeedsRenderer() const {
  if (closed_ || error_ != nullptr) return false;
  if (renderers_.empty()) return !requests_.empty();
  const auto most = static_cast<std::size_t>(portrait_->talker()->frames_at_once());
  return renderers_.size() < most && ReadyRequests() > static_cast<std::int64_t>(idle_renderers_);
}

bool Run::AllAsked() const {
  return asked_ >= frames();
}

// Requests whose frames may begin.
std::int64_t Run::ReadyRequests() const {
  if (requests_.empty()) return 0;
  const std::int64_t ready = given_ - requests_.front().frame;
  return std::clamp<std::int64_t>(ready, 0, static_cast<std::int64_t>(requests_.size()));
}

// Answers `waiting` and all other requests with the run's first error.
void Run::Fail(const std::exception_ptr& error, FrameRequests waiting) {
  MotionRequests motion;
  std::exception_ptr first;
  {
    const std::lock_guard lock(mutex_);
    if (error_ == nullptr) error_ = error;
    first = error_;
    waiting.splice(waiting.end(), requests_);
    motion.swap(motion_requests_);
    changed_.notify_all();
  }
  for (const FrameRequest& each : waiting) each.on_frame(kNoFrame, first);
  for (const OnMotion& each : motion) each({}, first);
}

}  // namespace kdtalker
