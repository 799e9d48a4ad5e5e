#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <exception>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "core/stop_token.h"
#include "engine/lanes.h"
#include "engine/live_speech.h"
#include "engine/motion_source.h"
#include "engine/options.h"
#include "engine/portrait.h"
#include "engine/renderer_pool.h"
#include "engine/speech.h"
#include "engine/timeline.h"

namespace kdtalker {

// One pass over a clip: portrait and speech (or motion) to frames. It has a sampling thread and one or more
// rendering threads, started when first needed. The sampler stays a few windows ahead of the renderers, which
// render only requested frames, so a slow reader slows everything down and memory does not grow. Requests are
// answered with frames in order, whichever frame is finished first.
//
// Of live speech the end is not known: a request waits for the sound that its frame needs, and frames that
// were made may be taken back.
//
// Each of these threads has a stream: a frame waits for its window on the device, and for itself on the host.
// What it computes, a frame or a step of sampling, it does in a turn of the talker's lanes.
//
// All methods may be called from any thread. Each request is answered exactly once, with the error if
// something fails. Callbacks run without a lock, on the run's threads or, if the answer is already available,
// within the call. They may make further requests and stop the run, but must not close it and must not throw.
class Run {
 public:
  struct Motion {
    std::vector<float> motion, raw;  // [frames, 70] each: smoothed and edited; as sampled
  };
  static constexpr std::int64_t kNoFrame = -1;    // none is left
  static constexpr std::int64_t kTakenBack = -2;  // the frame was interrupted: ask again
  using OnFrame =
      std::function<void(std::int64_t index, std::exception_ptr error)>;  // or kNoFrame, kTakenBack
  using OnMotion = std::function<void(Motion motion, std::exception_ptr error)>;

  // All throw Error BUSY, as the talker's lanes say.
  Run(std::shared_ptr<Portrait> portrait, std::shared_ptr<Speech> speech, RunOptions options);
  Run(std::shared_ptr<Portrait> portrait, std::vector<float> motion, RunOptions options);
  Run(std::shared_ptr<Portrait> portrait, std::shared_ptr<LiveSpeech> speech, RunOptions options);
  ~Run();  // closes
  Run(const Run&) = delete;
  Run& operator=(const Run&) = delete;

  // Asks for the next frame, to be written to `out` (frame_bytes(format) of host memory that stays valid
  // until on_frame). Whole pictures are never kFloat: Error INVALID_ARGUMENT. With `source` the frame shows
  // that portrait instead of the clip's: a source video passes each frame's portrait with the request, so
  // that there are never more portraits than requests.
  void Read(PixelFormat format, void* out, OnFrame on_frame, std::shared_ptr<Portrait> source = nullptr);
  void ReadMotion(OnMotion on_motion);

  // So many frames behind those that were asked for are not made: the next request is for the frame behind
  // them, or the last one.
  void Skip(std::int64_t count);

  // More sound of live speech was heard, or its end.
  void Hear(const float* samples, std::size_t count);
  void EndSpeech();

  // The idle life of live speech goes over into a loop, before the sound of the join's first frame is heard;
  // or does not, before any other sound is.
  void JoinAt(const LoopJoin& join) { source_->JoinAt(join); }
  void CancelJoin() { source_->CancelJoin(); }

  // The motion of frames [first, last) of live speech is kept as it is decided; and that of some of these,
  // [count, 70], empty where they were taken back.
  void Record(std::int64_t first, std::int64_t last);
  std::vector<float> Recorded(std::int64_t first, std::int64_t count);

  // Frames of live speech from `frame` on, and the sound from there on, are forgotten; in so many frames the
  // mouth comes to rest, and sound that is heard after the call follows. Frames before it were answered.
  // Requests for others are answered with kTakenBack, and the next one is for `frame`. With a past, that was
  // shown before it, and not what was made.
  void Interrupt(std::int64_t frame, LoopPast past = {});

  // Ends the work soon: pending requests get Error ABORTED. Returns immediately.
  void Stop();

  // Stops and waits for the threads: afterwards no buffer of a reader is written. Idempotent; must not be
  // called from a callback.
  void Close();

  std::int64_t frames() const { return source_->end(); }  // kernels::kEveryFrame: not known
  std::size_t frame_bytes(PixelFormat format) const { return size_.Bytes(format); }
  std::int64_t sampled() const { return sampled_.load(); }  // frames whose motion is final

  // The first frame that half precision could not hold: from it on frames are rendered in float32 (Renderer).
  // kNoFrame: none.
  std::int64_t exact_from() const { return exact_from_.load(); }

  // Why a network of its talker is run without CUDA graphs that were asked for; empty: it is not.
  std::string graphs_refused() const { return portrait_->talker()->model().warning(); }

 private:
  struct FrameRequest {
    std::int64_t frame = 0;
    PixelFormat format = PixelFormat::kRgb;
    void* out = nullptr;
    OnFrame on_frame;
    std::shared_ptr<Portrait> source;  // null: the clip's
    std::int64_t interruptions = 0;    // before it
    double due = 0;                    // of live speech: when it should be finished
    Lanes::Turn turn = {};             // from when it begins until it is finished
    RendererPool::Loan renderer = {};  // no longer than the turn
  };
  // Requests move from list to list without an allocation, so that none is lost when memory runs out.
  using FrameRequests = std::list<FrameRequest>;
  using MotionRequests = std::list<OnMotion>;

  enum class Work { kInterruption, kPiece, kMotion };

  void CheckFormat(PixelFormat format) const;
  void CheckSource(const Portrait& source) const;

  // Mutex held.
  std::exception_ptr Refusal() const;
  std::exception_ptr StartSampling() noexcept;   // the error if there is no sampling thread
  std::exception_ptr StartRendering() noexcept;  // the error if there is no rendering thread
  bool NeedsRenderer() const;
  std::size_t MostRenderers() const;
  double DueOf(std::int64_t frame) const;
  bool Rests() const;
  std::int64_t ReadyRequests() const;
  bool PieceDue() const;
  std::optional<Work> Due() const;
  bool AllAsked() const;

  void SampleAll();  // thread of sampler_
  void Begin();
  void TakeTurn();
  void Pause();
  void MakePiece();
  double FinishPiece();  // what the last turn cost
  Work WaitForWork();
  void TakeBack();
  void HandOutMotion();
  void AnswerMotion(const OnMotion& on_motion) const;
  void RenderAll();  // threads of renderers_
  bool MayBegin(const FrameRequests& begun) const;
  bool TakeRequest(RendererPool::User& user, FrameRequests& begun);
  std::optional<double> WaitForRequest(RendererPool::User& user, bool begun);
  bool Take(FrameRequests& begun, Lanes::Turn turn, double due);
  void BeginFrame(FrameRequest& request, RendererPool::User& user, const LaneRenderer::Watch& watch) const;
  void FinishFrame(FrameRequests& begun, LaneRenderer::Watch& watch);
  void NoteExact(std::int64_t frame);
  bool CountFrame(const FrameRequest& request, bool idle);
  void Fail(const std::exception_ptr& error, FrameRequests waiting = {});

  std::shared_ptr<Portrait> portrait_;
  std::shared_ptr<LiveSpeech> live_;  // null: the end is known
  const RunOptions options_;
  const FrameSize size_;
  StopToken stop_;
  std::unique_ptr<Stream> sampling_;  // with those below, of the sampling thread
  std::unique_ptr<MotionSource> source_;
  std::unique_ptr<Timeline> timeline_;
  std::int64_t steps_ = 0;  // of sampling, since the turn began
  double beginning_ = 0;    // what the first of them cost, with all before it
  Lanes& lanes_;
  Lanes::Job job_;
  Lanes::Turn turn_;  // of the sampling thread

  std::mutex mutex_;  // guards what follows
  std::condition_variable changed_;
  bool closed_ = false;
  FrameRequests requests_;
  MotionRequests motion_requests_;
  std::exception_ptr error_;  // the first
  std::int64_t asked_ = 0;    // frames assigned to requests
  std::int64_t given_ = 0;    // frames whose motion is made: they may begin
  std::int64_t rendered_ = 0;
  std::optional<std::int64_t> interruption_;  // the frame, until the sampling thread has seen it
  LoopPast past_;                             // and what was shown before it
  std::int64_t interruptions_ = 0;
  std::int64_t begun_ = 0;          // requests that renderers have
  std::int64_t stale_ = 0;          // of these, those of frames that were taken back
  std::size_t idle_renderers_ = 0;  // started and not rendering
  std::int64_t claimed_ = 0;        // requests for which renderers wait for a turn
  double last_due_ = 0;             // of requests
  std::int64_t piece_ = 0;          // the first frame of the last piece, and
  double piece_begun_ = 0;          // when its sound was there

  std::atomic<std::int64_t> sampled_{0}, exact_from_{kNoFrame};
  std::mutex join_mutex_;
  std::thread sampler_;  // last, with those below: they use everything above
  std::vector<std::thread> renderers_;
};

}  // namespace kdtalker
