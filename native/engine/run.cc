#include "engine/run.h"

#include <algorithm>
#include <string>
#include <utility>

#include "core/error.h"
#include "core/start_thread.h"

namespace kdtalker {
namespace {

// Of a voice that does not pause, which the plan follows from hop to hop. One plan a window is made early.
double StepsAFrame(const RunOptions& options) {
  const StreamOptions& stream = *options.stream;
  const int hops = (stream.replan + stream.hop - 1) / stream.hop;
  const double plans = 1.0 / (hops * stream.hop) + 1.0 / options.window;
  return static_cast<double>(options.steps) / stream.hop + stream.plan_steps * plans;
}

LaneSchedule::Claim ClaimOf(const Talker& talker, const RunOptions& options, std::int64_t frames) {
  LaneSchedule::Claim claim{options.stream.has_value(), options.tenant, options.priority, frames};
  if (!options.stream) return claim;
  claim.paced = options.stream->paced;
  claim.fps = talker.options().fps;
  claim.steps = claim.fps * StepsAFrame(options);
  return claim;
}

}  // namespace

Run::Run(std::shared_ptr<Portrait> portrait, std::shared_ptr<Speech> speech, RunOptions options)
    : portrait_(std::move(portrait)),
      options_(std::move(options)),
      size_(FrameSize::Of(*portrait_, options_.full)),
      source_(SpeechSource(portrait_, std::move(speech), options_)),
      lanes_(portrait_->talker()->lanes()),
      job_(lanes_, ClaimOf(*portrait_->talker(), options_, frames())) {}

Run::Run(std::shared_ptr<Portrait> portrait, std::vector<float> motion, RunOptions options)
    : portrait_(std::move(portrait)),
      options_(std::move(options)),
      size_(FrameSize::Of(*portrait_, options_.full)),
      source_(ReplaySource(portrait_, std::move(motion), options_)),
      lanes_(portrait_->talker()->lanes()),
      job_(lanes_, ClaimOf(*portrait_->talker(), options_, frames())) {}

Run::Run(std::shared_ptr<Portrait> portrait, std::shared_ptr<LiveSpeech> speech, RunOptions options)
    : portrait_(std::move(portrait)),
      live_(std::move(speech)),
      options_(std::move(options)),
      size_(FrameSize::Of(*portrait_, options_.full)),
      source_(LiveSource(portrait_, live_, options_)),
      lanes_(portrait_->talker()->lanes()),
      job_(lanes_, ClaimOf(*portrait_->talker(), options_, 0)) {}

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
      request.front().frame = asked_++;
      request.front().format = format;
      request.front().out = out;
      request.front().on_frame = std::move(on_frame);
      request.front().source = std::move(source);
      request.front().interruptions = interruptions_;
      last_due_ = std::max(lanes_.now(), last_due_) + 1000.0 / portrait_->talker()->options().fps;
      request.front().due = last_due_;
      requests_.splice(requests_.end(), request);
      job_.Want();
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
      job_.Want();
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

// What is skipped counts as rendered, so that motion is made as far as it would have been.
void Run::Skip(std::int64_t count) {
  const std::lock_guard lock(mutex_);
  const std::int64_t skipped = std::clamp<std::int64_t>(frames() - 1 - asked_, 0, count);
  asked_ += skipped;
  rendered_ += skipped;
  changed_.notify_all();
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

void Run::Record(std::int64_t first, std::int64_t last) {
  if (TrackRecord* record = source_->record()) record->Begin(first, last);
}

std::vector<float> Run::Recorded(std::int64_t first, std::int64_t count) {
  const TrackRecord* record = source_->record();
  return record == nullptr ? std::vector<float>() : record->Rows(first, count);
}

// What was shown before the frame stays so if it is taken back once more before it is made.
void Run::Interrupt(std::int64_t frame, LoopPast past) {
  FrameRequests taken_back;
  {
    const std::lock_guard lock(mutex_);
    live_->Restart(frame, LiveSampler::kRest);
    if (past || interruption_ != frame) past_ = std::move(past);
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
  job_.Stop();
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

// The first renderer gets ready while motion is made, once the lanes have let the clip begin; another starts
// when a frame is ready to render and all are busy. If one cannot start, the run continues with the others.
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
  if (closed_ || error_ != nullptr || timeline_ == nullptr) return false;
  if (renderers_.empty()) return !requests_.empty();
  return ReadyRequests() > static_cast<std::int64_t>(idle_renderers_) && renderers_.size() < MostRenderers();
}

// Clips that share the lanes have about as many threads together as one alone.
std::size_t Run::MostRenderers() const {
  const Talker& talker = *portrait_->talker();
  const int share = talker.lane_count() / std::max(1, lanes_.active());
  return static_cast<std::size_t>(std::clamp(share, 1, talker.frames_at_once()));
}

// A stream's frames should be finished as fast as they are asked for, and as their sound is there.
double Run::DueOf(std::int64_t frame) const {
  if (live_ == nullptr) return 0;
  const double period = 1000.0 / portrait_->talker()->options().fps;
  const double spoken = piece_begun_ + LaneSchedule::kLead + static_cast<double>(frame - piece_) * period;
  const bool asked = !requests_.empty() && requests_.front().frame <= frame;
  const double wanted =
      asked ? requests_.front().due + static_cast<double>(frame - requests_.front().frame) * period : 0;
  return std::max(spoken, wanted);
}

// Whether nothing is asked for.
bool Run::Rests() const {
  return requests_.empty() && motion_requests_.empty() && begun_ == 0;
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
    if (error_ == nullptr) {
      error_ = error;
      stop_.stopped() ? job_.Stop() : job_.Fail();
    }
    first = error_;
    waiting.splice(waiting.end(), requests_);
    motion.swap(motion_requests_);
    changed_.notify_all();
  }
  for (const FrameRequest& each : waiting) each.on_frame(kNoFrame, first);
  for (const OnMotion& each : motion) each({}, first);
}

}  // namespace kdtalker
