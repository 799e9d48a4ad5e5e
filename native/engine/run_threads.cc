// The threads of a run: one that makes motion, and those that render.
#include <algorithm>
#include <utility>

#include "core/activity.h"
#include "core/error.h"
#include "engine/run.h"

namespace kdtalker {
namespace {

// A thread that starts while the process is exiting must not use ONNX Runtime.
void ThrowIfExiting(const Activity& activity) {
  if (!activity) throw Error("ABORTED", "The process is exiting");
}

}  // namespace

void Run::SampleAll() {
  const Activity activity([this] { Stop(); });
  try {
    ThrowIfExiting(activity);
    Begin();
    for (;;) {
      switch (WaitForWork()) {
        case Work::kInterruption:
          TakeBack();
          break;
        case Work::kPiece:
          MakePiece();
          break;
        case Work::kMotion:
          HandOutMotion();
          break;
      }
    }
  } catch (...) {
    Fail(std::current_exception());
  }
}

void Run::Begin() {
  sampling_ = portrait_->talker()->device()->MakeStream(Priority::kHigh);
  auto timeline = source_->Begin(*sampling_);
  const std::lock_guard lock(mutex_);
  timeline_ = std::move(timeline);
}

Run::Work Run::WaitForWork() {
  std::unique_lock lock(mutex_);
  std::optional<Work> work;
  changed_.wait(lock, [this, &work] {
    work = Due();
    return work || stop_.stopped() || error_ != nullptr;
  });
  if (error_ != nullptr) std::rethrow_exception(error_);
  stop_.ThrowIfStopped();
  return *work;
}

// Frames that were taken back are made anew when no renderer reads them. Motion is handed out when all is
// final.
std::optional<Run::Work> Run::Due() const {
  if (interruption_) return stale_ == 0 ? std::optional(Work::kInterruption) : std::nullopt;
  if (PieceDue()) return Work::kPiece;
  if (timeline_->known() >= frames() && !motion_requests_.empty()) return Work::kMotion;
  return std::nullopt;
}

bool Run::PieceDue() const {
  const std::int64_t known = timeline_->known();
  if (known >= frames() || !source_->ready(known)) return false;
  return !motion_requests_.empty() || known < rendered_ + source_->most_ahead();
}

void Run::MakePiece() {
  source_->Next(*sampling_, *timeline_, stop_);
  FinishPiece();
  if (timeline_->known() >= frames()) source_->Release();
}

void Run::TakeBack() {
  std::int64_t frame = 0;
  {
    const std::lock_guard lock(mutex_);
    frame = *interruption_;
    interruption_.reset();
  }
  source_->Interrupt(*timeline_, frame, stop_);
  FinishPiece();
}

// Renderers may begin frames of a piece that the device has not finished; to the reader it is sampled when it
// is.
void Run::FinishPiece() {
  {
    const std::lock_guard lock(mutex_);
    if (!interruption_) given_ = timeline_->ready();
    changed_.notify_all();
  }
  sampling_->Synchronise();
  sampled_ = timeline_->ready();
}

void Run::HandOutMotion() {
  MotionRequests waiting;
  {
    const std::lock_guard lock(mutex_);
    waiting.swap(motion_requests_);
  }
  for (const OnMotion& each : waiting) AnswerMotion(each);
}

// A download that fails is this request's error alone.
void Run::AnswerMotion(const OnMotion& on_motion) const {
  Motion motion;
  std::exception_ptr error;
  try {
    motion = {timeline_->DownloadMotion(*sampling_), timeline_->DownloadRaw(*sampling_)};
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
  if (renderer.exact()) NoteExact(begun.front().frame);
  FrameRequests done;
  done.splice(done.begin(), begun, begun.begin());
  const FrameRequest& request = done.front();
  const bool current = CountFrame(request, begun.empty());
  request.on_frame(current ? request.frame : kTakenBack, nullptr);
}

void Run::NoteExact(std::int64_t frame) {
  std::int64_t none = kNoFrame;
  exact_from_.compare_exchange_strong(none, frame);
}

// The sampler may go on. `idle`: the renderer has begun no other frame. False if the frame was taken back.
bool Run::CountFrame(const FrameRequest& request, bool idle) {
  const std::lock_guard lock(mutex_);
  const bool current = request.interruptions == interruptions_;
  (current ? rendered_ : stale_) += current ? 1 : -1;
  begun_--;
  if (idle) idle_renderers_++;
  changed_.notify_all();
  return current;
}

// Takes a request whose frame may begin. A renderer that has begun none waits for it; false means then that
// every frame has been given to a renderer.
bool Run::TakeRequest(FrameRequests& begun) {
  std::unique_lock lock(mutex_);
  if (begun.empty()) {
    changed_.wait(lock, [this] {
      return stop_.stopped() || error_ != nullptr || (requests_.empty() && AllAsked() && live_ == nullptr) ||
             ReadyRequests() > 0;
    });
  }
  if (error_ != nullptr) std::rethrow_exception(error_);
  stop_.ThrowIfStopped();
  if (ReadyRequests() == 0) return false;
  if (begun.empty()) idle_renderers_--;
  begun.splice(begun.end(), requests_, requests_.begin());
  begun_++;
  StartRendering();       // can be ignored: this renderer exists
  changed_.notify_all();  // the other renderers look at what is now in front
  return true;
}

}  // namespace kdtalker
