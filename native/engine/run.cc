#include "engine/run.h"

#include <string>
#include <utility>

#include "core/activity.h"
#include "core/error.h"
#include "engine/motion_sampler.h"
#include "kernels/motion.h"

namespace kdtalker {
namespace {

constexpr std::int64_t kWindowsAhead =
    3;  // sampled before the renderer needs them; more would take its cores at the start

// A thread that began when the process was exiting already must not touch ONNX Runtime any more.
void ThrowIfExiting(const Activity& activity) {
  if (!activity) throw Error("ABORTED", "The process is exiting");
}

std::exception_ptr ClosedError() {
  return std::make_exception_ptr(Error("CLOSED", "Expected an open clip but it was closed"));
}

}  // namespace

Run::Run(std::shared_ptr<Portrait> portrait, std::shared_ptr<Speech> speech, RunOptions options)
    : portrait_(std::move(portrait)),
      speech_(std::move(speech)),
      options_(std::move(options)),
      size_(FrameSize::Of(*portrait_, options_.full)),
      frames_(speech_->frames()) {
  if (speech_->device() != portrait_->talker()->device()) {
    throw Error("INVALID_ARGUMENT",
                "Expected speech and portrait of one talker for a clip but received those of two");
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
    closed_ = true;  // no thread starts from here on
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
                "Expected a frame's portrait of the clip's talker but received another's");
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
  try {
    CheckFormat(format);
    if (source != nullptr) CheckSource(*source);
  } catch (...) {
    on_frame(-1, std::current_exception());
    return;
  }
  std::unique_lock lock(mutex_);
  if (error_ != nullptr || closed_ || asked_ == frames_) {
    const std::exception_ptr error = error_ == nullptr && closed_ ? ClosedError() : error_;
    lock.unlock();
    on_frame(-1, error);
    return;
  }
  requests_.push_back({asked_++, format, out, std::move(on_frame), std::move(source)});
  Start(std::move(lock), true);
}

void Run::ReadMotion(OnMotion on_motion) {
  std::unique_lock lock(mutex_);
  if (closed_) {
    lock.unlock();
    on_motion({}, ClosedError());
    return;
  }
  motion_requests_.push_back(std::move(on_motion));
  if (error_ != nullptr || sampling_done_) {
    PublishMotion();
  } else {
    Start(std::move(lock), false);
  }
}

void Run::Stop() {
  stop_.Stop();
  const std::lock_guard lock(mutex_);
  changed_.notify_all();
}

// A thread that cannot be had fails the clip, as any other error does.
void Run::Start(std::unique_lock<std::mutex> lock, bool rendering) {
  try {
    if (!sampler_.joinable()) sampler_ = std::thread([this] { SampleAll(); });
    if (rendering) StartRendering();
    changed_.notify_all();
  } catch (...) {
    lock.unlock();
    Fail(std::current_exception());
  }
}

void Run::StartRendering() {
  if (!renderers_.empty()) return;
  for (int i = 0; i < portrait_->talker()->frames_at_once(); i++)
    renderers_.emplace_back([this] { RenderAll(); });
}

void Run::SampleAll() {
  const Activity activity([this] { Stop(); });
  try {
    ThrowIfExiting(activity);
    auto timeline =
        std::make_unique<Timeline>(portrait_, options_, frames_, speech_ ? &speech_->mel() : nullptr);
    {
      const std::lock_guard lock(mutex_);
      timeline_ = std::move(timeline);
    }
    if (speech_ == nullptr) {
      timeline_->UploadMotion(std::exchange(replay_, {}));
      sampled_ = frames_;
    } else {
      MotionSampler sampler(portrait_, speech_, options_);
      while (timeline_->known() < frames_) {
        WaitToSample();
        sampler.Window(*timeline_, stop_);
        const std::lock_guard lock(mutex_);
        sampled_ = timeline_->ready();
        changed_.notify_all();
      }
    }
    const std::lock_guard lock(mutex_);
    sampling_done_ = true;
    changed_.notify_all();
    PublishMotion();
  } catch (...) {
    Fail(std::current_exception());
  }
}

void Run::WaitToSample() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] {
    return stop_.stopped() || !motion_requests_.empty() ||
           timeline_->known() < rendered_ + kWindowsAhead * options_.window;
  });
  stop_.ThrowIfStopped();
}

void Run::RenderAll() {
  const Activity activity([this] { Stop(); });
  FrameRequest request{};
  try {
    ThrowIfExiting(activity);
    Renderer renderer(portrait_, options_);
    while (TakeRequest(request)) {
      renderer.Show(request.source == nullptr ? portrait_ : request.source);
      renderer.Frame(*timeline_, request.frame, request.format, request.out, stop_);
      CountFrame();
      const FrameRequest done = std::exchange(request, FrameRequest{});
      done.on_frame(done.frame, nullptr);
    }
  } catch (...) {
    if (request.on_frame) request.on_frame(-1, std::current_exception());
    Fail(std::current_exception());
  }
}

// The sampler may go on.
void Run::CountFrame() {
  const std::lock_guard lock(mutex_);
  rendered_++;
  changed_.notify_all();
}

// Waits for a reader and for its frame's motion. False when every frame has been given to a renderer.
bool Run::TakeRequest(FrameRequest& request) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] {
    return stop_.stopped() || error_ != nullptr || (requests_.empty() && asked_ == frames_) ||
           (!requests_.empty() && sampled_ > requests_.front().frame);
  });
  if (error_ != nullptr) std::rethrow_exception(error_);
  stop_.ThrowIfStopped();
  if (requests_.empty()) return false;
  request = std::move(requests_.front());
  requests_.pop_front();
  changed_.notify_all();  // the other renderers look at what is now in front
  return true;
}

// Mutex held.
void Run::PublishMotion() {
  for (const OnMotion& on_motion : std::exchange(motion_requests_, {})) {
    if (error_ != nullptr) {
      on_motion({}, error_);
    } else {
      on_motion({timeline_->DownloadMotion(), timeline_->DownloadRaw()}, nullptr);
    }
  }
}

void Run::Fail(std::exception_ptr error) {
  std::unique_lock lock(mutex_);
  if (error_ == nullptr) error_ = std::move(error);
  const std::deque<FrameRequest> waiting = std::exchange(requests_, {});
  changed_.notify_all();
  PublishMotion();
  lock.unlock();
  for (const FrameRequest& each : waiting) each.on_frame(-1, error_);
}

}  // namespace kdtalker
