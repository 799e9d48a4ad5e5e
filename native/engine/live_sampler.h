#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "core/limits.h"
#include "core/stage_timer.h"
#include "engine/live_history.h"
#include "engine/live_speech.h"
#include "engine/loop_join.h"
#include "engine/options.h"
#include "engine/portrait.h"
#include "engine/sampler_pool.h"
#include "engine/timeline.h"
#include "kernels/known_motion.h"
#include "stages/sample.h"
#include "stages/silence.h"
#include "stages/stream_condition.h"
#include "stages/stream_features.h"
#include "stages/stream_mel.h"

namespace kdtalker {

// Samples motion while it is spoken: slow head, fast lips (docs/streams.md). A plan gives the slow numbers of
// a whole window; then, hop by hop, a window that ends `ahead` frames behind the hop samples the fast ones,
// and everything else in it is known.
class LiveSampler {
 public:
  // Everything happens in `stream`, which must outlive this.
  LiveSampler(Stream& stream, std::shared_ptr<Portrait> portrait, std::shared_ptr<LiveSpeech> speech,
              const RunOptions& options);

  // A timeline that remembers enough.
  std::unique_ptr<Timeline> MakeTimeline();

  // Whether the speech has what the hop from frame `known` on needs. Any thread.
  bool Hears(std::int64_t known) const;

  // Appends the next hop to the timeline. What was done before must be done on the device; `stop` must live
  // until this is.
  void Hop(Timeline& timeline, const StopToken& stop);

  // Gives the lane's sampler back; `done`: what was given to the stream is.
  void GiveBack(bool done) noexcept { lane_.GiveBack(done); }

  // In kJoin frames the motion goes over to that of a loop. Before the sound of the first of them is heard.
  void JoinAt(Timeline& timeline, const LoopJoin& join);

  // It does not; life goes on from where it is.
  void CancelJoin();

  // Frames from `frame` on give way to kRest frames in which the lips come to rest; head and eyes stay on
  // plan, or go on from where a loop was left. The speech was restarted there. What follows depends on the
  // frame, and not on how many have been made.
  void Interrupt(Timeline& timeline, std::int64_t frame, const LoopPast& past, const StopToken& stop);

  const Tensor& track() const { return track_; }  // [rows, 70], as decided before timeline.known()

  static constexpr std::int64_t kRest = kRestFrames, kJoin = kJoinFrames;

 private:
  std::int64_t HopEnd(std::int64_t known) const { return known + hop_ + ahead_; }
  void Hear(std::int64_t last);
  void MakeCondition();
  void Gather(std::int64_t first, std::int64_t span, const StopToken& stop);
  void Begin(std::int64_t first, std::int64_t span, const StopToken& stop);
  bool Outdated(std::int64_t first) const;
  bool Surprised() const { return now_.voice.speaks() != now_.plan_speaks; }
  bool Join(std::int64_t first, std::int64_t next);
  std::int64_t TakeOver(Timeline& timeline, std::int64_t frame, const LoopPast& past);
  void SamplePlan(const StopToken& stop);
  void Plan(const StopToken& stop);
  void Replan(std::int64_t first, const StopToken& stop);
  void Lips(std::int64_t first, const StopToken& stop);
  void Keep(const Tensor& window, const kernels::Knowledge& known);
  kernels::Knowledge Known(std::int64_t decided) const;
  kernels::Knowledge Provisional(std::int64_t next) const;
  void Gate(const Timeline& timeline, std::int64_t first, std::int64_t last);
  void Append(Timeline& timeline, std::int64_t count);
  void RestLips(const Timeline& timeline, std::int64_t frame);
  void Decided(std::int64_t first, std::int64_t next);

  Stream& stream_;
  std::shared_ptr<Portrait> portrait_;
  std::shared_ptr<LiveSpeech> speech_;
  const RunOptions options_;
  const std::int64_t window_, hop_, ahead_, fps_, rows_;
  LiveState now_;
  std::int64_t restarts_ = 0;  // of the speech, known here
  Tensor joined_, past_;       // what the motion goes over to, [frames, 70]; and what a loop had shown
  StageTimer audio_time_, sample_time_;
  stages::StreamMel mel_;
  SamplerPool::User lane_;
  stages::StreamFeatures features_;
  std::optional<stages::StreamCondition> condition_;  // where the pack makes it row by row
  std::optional<stages::RunningSilence> silence_;
  LiveHistory history_;
  Tensor track_;         // [rows, 70], normalised: decided frames, and ahead of them the plan's slow numbers
  Tensor given_, rest_;  // [hop or rest, join and ahead, 70], what the timeline is given; [70], normalised
  stages::Draft draft_;  // of a plan, or of the lips
  Tensor noise_, lips_;  // [window, 70]: what the draft began with; the lips that were sampled last
  Sampler::Steps plan_steps_, lips_steps_;
};

}  // namespace kdtalker
