// The threads of a run: one that makes motion, and those that render.
#include <algorithm>
#include <chrono>
#include <utility>

#include "core/activity.h"
#include "core/error.h"
#include "engine/run.h"

namespace kdtalker {
namespace {

// A reader who asks for nothing for so long has stalled.
constexpr auto kStall = std::chrono::milliseconds(500);

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
  source_->GiveBack(false);
  turn_.End(0);
}

// A file that waits for others gets no turn, and therefore has no buffers.
void Run::Begin() {
  TakeTurn();
  sampling_ = portrait_->talker()->device()->MakeStream(Priority::kHigh);
  sampling_->OnPause([this] { Pause(); });
  auto timeline = source_->Begin(*sampling_);
  turn_.End(0);
  const std::lock_guard lock(mutex_);
  timeline_ = std::move(timeline);
  if (const std::exception_ptr error = StartRendering()) std::rethrow_exception(error);
}

void Run::TakeTurn() {
  double due = 0;
  {
    const std::lock_guard lock(mutex_);
    if (timeline_ != nullptr) {
      piece_ = timeline_->known();
      piece_begun_ = lanes_.now();
      due = DueOf(piece_);
    }
  }
  steps_ = 0;
  turn_ = lanes_.Take(job_, LaneSchedule::kStep, due);
}

// After each step of sampling. Where the call computes, others may come first. What a piece hears is computed
// in its first turn.
void Run::Pause() {
  steps_++;
  if (sampling_->device().asynchronous()) return;
  source_->GiveBack(true);
  double due = 0;
  {
    const std::lock_guard lock(mutex_);
    due = DueOf(piece_);
  }
  const double cost = lanes_.Yield(job_, turn_, due, steps_ == 1);
  if (steps_ == 1) beginning_ = cost;
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
  TakeTurn();
  source_->Next(*sampling_, *timeline_, stop_);
  const double ending = FinishPiece();
  const bool by_step = !sampling_->device().asynchronous() && steps_ > 0;
  if (by_step) lanes_.Heard(timeline_->known() - piece_, beginning_ + ending);
  if (timeline_->known() >= frames()) source_->Release();
}

void Run::TakeBack() {
  std::int64_t frame = 0;
  LoopPast past;
  {
    const std::lock_guard lock(mutex_);
    frame = *interruption_;
    interruption_.reset();
    past = std::exchange(past_, {});
  }
  TakeTurn();
  source_->Interrupt(*timeline_, frame, past, stop_);
  FinishPiece();
}

// A frame begins when its piece is finished: in the stream of a lane, where it would wait for it, other
// clips' frames would wait too, and fail with it if the clip is stopped.
double Run::FinishPiece() {
  sampling_->Synchronise();
  source_->Done();
  {
    const std::lock_guard lock(mutex_);
    if (!interruption_) given_ = timeline_->ready();
    changed_.notify_all();
  }
  sampled_ = timeline_->ready();
  source_->GiveBack(true);
  return turn_.End(sampling_->device().asynchronous() ? steps_ : 0);
}

void Run::HandOutMotion() {
  MotionRequests waiting;
  {
    const std::lock_guard lock(mutex_);
    waiting.swap(motion_requests_);
  }
  for (const OnMotion& each : waiting) AnswerMotion(each);
  const std::lock_guard lock(mutex_);
  if (Rests()) job_.Rest();
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
    RendererPool::User user(portrait_->talker()->renderers(), portrait_->id());
    LaneRenderer::Watch watch;
    for (;;) {
      while (MayBegin(begun) && TakeRequest(user, begun)) BeginFrame(begun.back(), user, watch);
      if (begun.empty()) return;
      FinishFrame(begun, watch);
    }
  } catch (...) {
    Fail(std::current_exception(), std::move(begun));
  }
}

// Where the call computes, a frame at a time.
bool Run::MayBegin(const FrameRequests& begun) const {
  return begun.size() < (portrait_->talker()->device()->asynchronous() ? FrameTickets::kMost : 1);
}

void Run::BeginFrame(FrameRequest& request, RendererPool::User& user,
                     const LaneRenderer::Watch& watch) const {
  request.renderer = user.Begin(request.turn,
                                {timeline_.get(), request.frame, request.format, &options_, &stop_,
                                 request.source == nullptr ? portrait_ : request.source, portrait_->id()},
                                watch);
}

void Run::FinishFrame(FrameRequests& begun, LaneRenderer::Watch& watch) {
  begun.front().renderer.Finish(begun.front().out, watch);
  if (watch.exact) NoteExact(begun.front().frame);
  begun.front().renderer.GiveBack();
  begun.front().turn.End();
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
  if (live_ != nullptr && current) job_.Finished(request.due);
  if (AllAsked() && Rests()) job_.Rest();
  changed_.notify_all();
  return current;
}

// Takes a request whose frame may begin, and a turn for it. A renderer that has begun none waits for both;
// false means then that every frame has been given to a renderer.
bool Run::TakeRequest(RendererPool::User& user, FrameRequests& begun) {
  for (;;) {
    const std::optional<double> due = WaitForRequest(user, !begun.empty());
    if (!due) return false;
    Lanes::Turn turn = begun.empty() ? lanes_.Take(job_, LaneSchedule::kFrame, *due)
                                     : lanes_.TryTake(job_, LaneSchedule::kFrame, *due);
    if (!turn) return false;
    if (Take(begun, std::move(turn), *due)) return true;
    if (!begun.empty()) return false;
  }
}

// When the next frame that may begin is due, once there is one for which no other renderer waits; nothing if
// there will be none or, `begun`, there is none now. Of a file whose reader stalls another takes the place.
std::optional<double> Run::WaitForRequest(RendererPool::User& user, bool begun) {
  std::unique_lock lock(mutex_);
  const auto ready = [this] { return ReadyRequests() > claimed_; };
  const auto over = [this] {
    return stop_.stopped() || error_ != nullptr || (requests_.empty() && AllAsked() && live_ == nullptr);
  };
  while (!begun && !over() && !ready()) {
    if (changed_.wait_for(lock, kStall) == std::cv_status::no_timeout || !Rests()) continue;
    job_.Rest();
    lock.unlock();  // what is freed may wait for the device
    user.Leave();
    lock.lock();
  }
  if (error_ != nullptr) std::rethrow_exception(error_);
  stop_.ThrowIfStopped();
  if (!ready()) return std::nullopt;
  if (!begun) claimed_++;
  return DueOf(requests_.front().frame);
}

// False if the request was taken back meanwhile, or another renderer has it.
bool Run::Take(FrameRequests& begun, Lanes::Turn turn, double due) {
  const std::lock_guard lock(mutex_);
  if (begun.empty()) claimed_--;
  if (error_ != nullptr) std::rethrow_exception(error_);
  stop_.ThrowIfStopped();
  if (ReadyRequests() == 0) return false;
  if (begun.empty()) idle_renderers_--;
  begun.splice(begun.end(), requests_, requests_.begin());
  begun.back().due = due;
  begun.back().turn = std::move(turn);
  begun_++;
  StartRendering();       // can be ignored: this renderer exists
  changed_.notify_all();  // the other renderers look at what is now in front
  return true;
}

}  // namespace kdtalker
