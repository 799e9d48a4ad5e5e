#include "engine/run.h"

#include <algorithm>
#include <string>
#include <utility>

#include "core/activity.h"
#include "core/error.h"
#include "core/start_thread.h"
#include "engine/motion_sampler.h"
#include "kernels/motion.h"

namespace kdtalker {
namespace {

constexpr std::int64_t kWindowsAhead =
    3;  // sampled ahead of the renderer; more would occupy its cores at the start

// A thread that starts while the process is exiting must not use ONNX Runtime.
void ThrowIfExiting(const Activity& activity) {
  if (!activity) throw Error("ABORTED", "The process is exiting");
}

}  // namespace

Run::Run(std::shared_ptr<Portrait> portrait, std::shared_ptr<Speech> speech, RunOptions options)
    : portrait_(std::move(portrait)),
      speech_(std::move(speech)),
      options_(std::move(options)),
      size_(FrameSize::Of(*portrait_, options_.full)),
      frames_(speech_->frames()) {
  if (speech_->device() != portrait_->talker()->device()) {
    throw Error(
        "INVALID_ARGUMENT",
        "Expected speech and portrait of the same talker for a clip but received those of two talkers");
  }
  if (frames_ == 0)
    throw Error("INVALID_ARGUMENT", "Expected finished speech for a clip but received speech that is not");
}

Run::Run(std::shared_ptr<Portrait> portrait, std::vector<float> motion, RunOptions options)
    : portrait_(std::move(portrait)),
      replay_(std::move(motion)),
      options_(std::move(options)),
      size_(FrameSize::Of(*portrait_, options_.full)),
      frames_(static_cast<std::int64_t>(replay_.size()) / kernels::kMotionSize) {}

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
    taken = error == nullptr && asked_ < frames_;
    if (taken) {
      request.front() = {asked_++, format, out, std::move(on_frame), std::move(source)};
      requests_.splice(requests_.end(), request);
      error = StartSampling();
      if (error == nullptr) error = StartRendering();
      changed_.notify_all();
    }
  } catch (...) {
    error = std::current_exception();
  }
  if (!taken) {
    on_frame(-1, error);  // NOLINT(bugprone-use-after-move): it was moved only if it was taken
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

// Requests whose frames may begin.
std::int64_t Run::ReadyRequests() const {
  if (requests_.empty()) return 0;
  const std::int64_t ready = given_ - requests_.front().frame;
  return std::clamp<std::int64_t>(ready, 0, static_cast<std::int64_t>(requests_.size()));
}

void Run::SampleAll() {
  const Activity activity([this] { Stop(); });
  try {
    ThrowIfExiting(activity);
    const auto stream = portrait_->talker()->device()->MakeStream(Priority::kHigh);
    MakeTimeline(*stream);
    speech_ == nullptr ? Replay(*stream) : Sample(*stream);
    HandOutMotion(*stream);
  } catch (...) {
    Fail(std::current_exception());
  }
}

void Run::MakeTimeline(Stream& stream) {
  const Tensor* mel = speech_ ? &speech_->mel() : nullptr;
  auto timeline = std::make_unique<Timeline>(stream, portrait_, options_, frames_, mel);
  const std::lock_guard lock(mutex_);
  timeline_ = std::move(timeline);
}

void Run::Replay(Stream& stream) {
  timeline_->UploadMotion(stream, std::exchange(replay_, {}));
  FinishWindow(stream);
}

void Run::Sample(Stream& stream) {
  MotionSampler sampler(stream, portrait_, speech_, options_);
  while (timeline_->known() < frames_) {
    WaitToSample();
    sampler.Window(*timeline_, stop_);
    FinishWindow(stream);
  }
}

// Renderers may begin frames of a window that the device has not finished; to the reader it is sampled when
// it is.
void Run::FinishWindow(Stream& stream) {
  {
    const std::lock_guard lock(mutex_);
    given_ = timeline_->ready();
    changed_.notify_all();
  }
  stream.Synchronise();
  sampled_ = timeline_->ready();
}

void Run::WaitToSample() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] {
    return stop_.stopped() || error_ != nullptr || !motion_requests_.empty() ||
           timeline_->known() < rendered_ + kWindowsAhead * options_.window;
  });
  if (error_ != nullptr) std::rethrow_exception(error_);
  stop_.ThrowIfStopped();
}

// Motion is final: answers requests for it until the run stops.
void Run::HandOutMotion(Stream& stream) {
  for (;;) {
    MotionRequests waiting;
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock,
                    [this] { return stop_.stopped() || error_ != nullptr || !motion_requests_.empty(); });
      if (error_ != nullptr) std::rethrow_exception(error_);
      stop_.ThrowIfStopped();
      waiting.swap(motion_requests_);
    }
    for (const OnMotion& each : waiting) AnswerMotion(stream, each);
  }
}

// A download that fails is this request's error alone.
void Run::AnswerMotion(Stream& stream, const OnMotion& on_motion) const {
  Motion motion;
  std::exception_ptr error;
  try {
    motion = {timeline_->DownloadMotion(stream), timeline_->DownloadRaw(stream)};
  } catch (...) {
    error = std::current_exception();
  }
  on_motion(std::move(motion), error);
}

void Run::RenderAll() {
  const Activity activity([this] { Stop(); });
  FrameRequests begun;  // oldest first
  try {
    ThrowIfExiting(activity);
    const auto stream = portrait_->talker()->device()->MakeStream();
    Renderer renderer(*stream, portrait_, options_);
    for (;;) {
      while (begun.size() < renderer.tickets() && TakeRequest(begun)) BeginFrame(renderer, begun.back());
      if (begun.empty()) return;
      FinishFrame(renderer, begun);
    }
  } catch (...) {
    Fail(std::current_exception(), std::move(begun));
  }
}

void Run::BeginFrame(Renderer& renderer, FrameRequest& request) const {
  renderer.Show(request.source == nullptr ? portrait_ : request.source);
  request.ticket = renderer.Begin(*timeline_, request.frame, request.format, stop_);
}

void Run::FinishFrame(Renderer& renderer, FrameRequests& begun) {
  renderer.Finish(begun.front().ticket, begun.front().out);
  FrameRequests done;
  done.splice(done.begin(), begun, begun.begin());
  CountFrame(begun.empty());
  done.front().on_frame(done.front().frame, nullptr);
}

// The sampler may go on. `idle`: the renderer has begun no other frame.
void Run::CountFrame(bool idle) {
  const std::lock_guard lock(mutex_);
  rendered_++;
  if (idle) idle_renderers_++;
  changed_.notify_all();
}

// Takes a request whose frame may begin. A renderer that has begun none waits for it; false means then that
// every frame has been given to a renderer.
bool Run::TakeRequest(FrameRequests& begun) {
  std::unique_lock lock(mutex_);
  if (begun.empty()) {
    changed_.wait(lock, [this] {
      return stop_.stopped() || error_ != nullptr || (requests_.empty() && asked_ == frames_) ||
             ReadyRequests() > 0;
    });
  }
  if (error_ != nullptr) std::rethrow_exception(error_);
  stop_.ThrowIfStopped();
  if (ReadyRequests() == 0) return false;
  if (begun.empty()) idle_renderers_--;
  begun.splice(begun.end(), requests_, requests_.begin());
  StartRendering();       // can be ignored: this renderer exists
  changed_.notify_all();  // the other renderers look at what is now in front
  return true;
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
  for (const FrameRequest& each : waiting) each.on_frame(-1, first);
  for (const OnMotion& each : motion) each({}, first);
}

}  // namespace kdtalker
