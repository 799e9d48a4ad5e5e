#include "engine/live_sampler.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "kernels/frame_noise.h"
#include "kernels/loudness.h"
#include "kernels/normalise.h"
#include "kernels/ring.h"
#include "kernels/windows.h"

namespace kdtalker {
namespace {

using kernels::kMotionSize;

// A renderer may be that many frames behind the sampler, and an interruption goes back to what was read.
constexpr std::int64_t kLeastRows = 512;

// Hops that an interruption usually takes back.
constexpr std::int64_t kTakenBack = 12;

// Frames that renderers have made and nobody has read.
constexpr std::int64_t kMostUnread = 32;

// Frames in which somebody who begins to speak is noticed: a plan costs a few hops.
constexpr std::int64_t kSoon = 4;

std::int64_t RowsFor(std::int64_t window) {
  return std::max(kLeastRows, 8 * window);
}

// Hops that an interruption may take back: those that are made ahead of the renderers, and of the frames that
// these have made ahead of the reader.
std::int64_t PiecesFor(std::int64_t hop) {
  return 16 + kMostUnread / hop;
}

Sampler::Steps StepsOf(Talker& talker, Stream& stream, std::int64_t window, int steps) {
  return talker.samplers().StepsOf(stream, {steps}, window);
}

// Normalised motion [n, 70]. A stream's loops have as many frames each time: the memory is used again.
void UploadFrames(Stream& stream, const std::vector<float>& motion, Tensor& frames) {
  const std::int64_t count = static_cast<std::int64_t>(motion.size()) / kMotionSize;
  if (!frames || frames.dims()[0] != count)
    frames = Tensor(stream.shared_device(), Type::kFloat32, {count, kMotionSize});
  frames.UploadNow(stream, motion.data(), Crossing::kMotion);
}

// Columns of so many frames, and of the windows at both ends.
std::int64_t ColumnsOf(std::int64_t frames, std::int64_t fps) {
  return frames * kernels::kMelRate / fps + 2 * kernels::kMelWindow;
}

}  // namespace

LiveSampler::LiveSampler(Stream& stream, std::shared_ptr<Portrait> portrait,
                         std::shared_ptr<LiveSpeech> speech, const RunOptions& options)
    : stream_(stream),
      portrait_(std::move(portrait)),
      speech_(std::move(speech)),
      options_(options),
      window_(options.window),
      hop_(options.stream->hop),
      ahead_(options.stream->ahead),
      fps_(portrait_->talker()->options().fps),
      rows_(RowsFor(window_)),
      now_{.voice = HeardVoice(fps_)},
      audio_time_(&portrait_->talker()->clock(), StageClock::kAudio),
      sample_time_(&portrait_->talker()->clock(), StageClock::kSample),
      mel_(stream.shared_device(), ColumnsOf(rows_, fps_), ColumnsOf(hop_ + ahead_ + kRest, fps_)),
      lane_(*portrait_->talker(), {window_, options.steps}),
      features_(stream, lane_.Lend().Encoder(hop_), rows_),
      history_(stream.shared_device(), PiecesFor(hop_), window_ + std::max(hop_, kRest) + ahead_),
      track_(stream.shared_device(), Type::kFloat32, {rows_, kMotionSize}),
      given_(stream.shared_device(), Type::kFloat32, {std::max(hop_, kRest + kJoin) + ahead_, kMotionSize}),
      rest_(stream.shared_device(), Type::kFloat32, {kMotionSize}),
      draft_(stream.shared_device(), portrait_->talker()->networks(), window_),
      noise_(stream.shared_device(), Type::kFloat32, {window_, kMotionSize}),
      lips_(stream.shared_device(), Type::kFloat32, {window_, kMotionSize}),
      plan_steps_(StepsOf(*portrait_->talker(), stream, window_, options.stream->plan_steps)),
      lips_steps_(StepsOf(*portrait_->talker(), stream, window_, options.steps)) {
  MakeCondition();
  lane_.GiveBack();
  CopyTensor(stream_, draft_.canonical, portrait_->canonical_token());
  CopyTensor(stream_, rest_, portrait_->reference_token());
  stream_.Launch(kernels::ScatterRows{rest_.f32(), track_.f32(), 0, rows_, 1, rows_, kMotionSize});
  if (options_.silence)
    silence_.emplace(stream_.shared_device(), options_.silence->rule, fps_, rows_, std::max(hop_, kRest));
  history_.Keep(stream_, track_, -1, now_);
}

// Rows as far back as a window or a plan's guess reads, and those that an interruption usually takes back.
void LiveSampler::MakeCondition() {
  const Talker& talker = *portrait_->talker();
  const bool rows = talker.options().condition_rows && talker.networks().count("condition") != 0;
  if (!rows || talker.model().Taking("condition", hop_) == nullptr) return;
  const std::int64_t read = std::max(window_, HeardVoice::MostSpan(fps_)) + hop_ + ahead_;
  condition_.emplace(stream_, lane_.Lend().Conditions(hop_), features_, read + kTakenBack * hop_);
  draft_.conditioned = true;
}

std::unique_ptr<Timeline> LiveSampler::MakeTimeline() {
  return std::make_unique<Timeline>(stream_, portrait_, options_, Timeline::Last{rows_});
}

bool LiveSampler::Hears(std::int64_t known) const {
  return speech_->columns() >= kernels::WindowEnd(HopEnd(known) - 1, fps_);
}

// The next plan begins where the reference frame is decided, so after the hop that ends there, before its
// provisional frames are given to the smoother.
void LiveSampler::Hop(Timeline& timeline, const StopToken& stop) {
  const std::int64_t first = timeline.known(), next = first + hop_;
  {
    const StageTimer::Lap lap(audio_time_, stream_);
    Hear(HopEnd(first));
    features_.Advance(stream_, lane_.Lend().Encoder(hop_), mel_.columns(), HopEnd(first), stop);
  }
  const StageTimer::Lap lap(sample_time_, stream_);
  if (Outdated(first)) Replan(first, stop);
  while (now_.planned < next) Plan(stop);
  Lips(first, stop);
  Keep(lips_, Known(first));
  const bool joined = Join(first, next);
  if (joined || (now_.plan_cut && Surprised())) now_.planned = next;
  if (now_.planned == next && ahead_ > 0 && !joined) {
    Plan(stop);
    Keep(lips_, Provisional(next));
  }
  Gate(timeline, first, next);
  Append(timeline, hop_);
  Decided(first, next);
}

void LiveSampler::Decided(std::int64_t first, std::int64_t next) {
  now_.decided = next;
  history_.Keep(stream_, track_, first, now_);
}

// Columns that the windows of frames before `last` read.
void LiveSampler::Hear(std::int64_t last) {
  const std::int64_t from = mel_.count(), to = kernels::WindowEnd(last - 1, fps_);
  speech_->Take(restarts_, from, to, mel_.Next());
  now_.voice.Hear(mel_.Next(), from, to - from);
  mel_.Append(stream_, to - from);
}

// Whether the voice has gone on since the plan was made, which had to guess how; soon, where it began or
// ended meanwhile. Where nobody speaks, and the plan expects nobody, there is nothing to learn.
bool LiveSampler::Outdated(std::int64_t first) const {
  if (now_.plan_cut || first >= now_.planned || (!now_.voice.speaks() && !now_.plan_speaks)) return false;
  const std::int64_t wanted = options_.stream->replan;
  const std::int64_t least = Surprised() ? std::min(wanted, kSoon) : wanted;
  return features_.known() - now_.plan_heard >= least;
}

void LiveSampler::JoinAt(Timeline& timeline, const LoopJoin& join) {
  now_.join = join.frame;
  UploadFrames(stream_, join.motion, joined_);
  timeline.JoinBlinks(join.frame, join.clock);
}

// Frames that went over are not where their plan is: another one begins behind them.
void LiveSampler::CancelJoin() {
  if (now_.join < now_.decided) now_.planned = now_.decided;
  now_.join = kernels::kEveryFrame;
}

// Whether the join ends in this hop: what follows, also for the smoother, is the loop, which the engine does
// not make; if it has to go on, a plan begins there.
bool LiveSampler::Join(std::int64_t first, std::int64_t next) {
  if (now_.join >= next) return false;
  const bool ends = next >= now_.join + kJoin;
  stream_.Launch(kernels::ComeBack{track_.f32(), joined_.f32(), joined_.dims()[0], now_.join,
                                   std::max(first, now_.join), ends ? next + ahead_ : next, kJoin, rows_});
  if (ends) now_.join = kernels::kEveryFrame;
  return ends;
}

// What the denoiser is told of what a window hears.
void LiveSampler::Gather(std::int64_t first, std::int64_t span, const StopToken& stop) {
  if (!condition_) return features_.Gather(stream_, first, span, draft_.features);
  const std::int64_t oldest = std::min(first, features_.known() - span);
  condition_->Advance(stream_, lane_.Lend().Conditions(hop_), features_, oldest, stop);
  condition_->Gather(stream_, first, span, draft_.condition);
}

// The noise, the features and the reference of a window.
void LiveSampler::Begin(std::int64_t first, std::int64_t span, const StopToken& stop) {
  stream_.Launch(kernels::FrameNoise{noise_.f32(), first, window_, options_.seed});
  Gather(first, span, stop);
  const std::int64_t before = kernels::RowOf(first - 1, rows_);
  stream_.Copy(draft_.reference.address(), track_.f32() + before * kMotionSize, draft_.reference.bytes());
  draft_.Begin(stream_, options_.seed, 0, noise_.f32());
}

// The window from frame now_.plan_first on, of what is heard by now.
void LiveSampler::SamplePlan(const StopToken& stop) {
  Begin(now_.plan_first, now_.voice.span(), stop);
  now_.plan_speaks = now_.voice.speaks();
  now_.plan_heard = features_.known();
  lane_.Sample(stream_, draft_, plan_steps_, stop);
}

void LiveSampler::Plan(const StopToken& stop) {
  now_.plan_first = now_.planned;
  now_.plan_cut = false;
  SamplePlan(stop);
  Keep(draft_.motion, {now_.planned, window_, now_.planned, now_.planned, rows_, options_.stream->fast});
  now_.planned += window_;
}

// The same window again, of the same noise: it differs from the plan only by what was heard since.
void LiveSampler::Replan(std::int64_t first, const StopToken& stop) {
  SamplePlan(stop);
  const kernels::Knowledge kept{now_.plan_first, window_, first, now_.planned, rows_, options_.stream->fast};
  stream_.Launch(kernels::FollowPlan{draft_.motion.f32(), track_.f32(), kept});
}

void LiveSampler::Lips(std::int64_t first, const StopToken& stop) {
  const kernels::Knowledge known = Known(first);
  Begin(known.first, 0, stop);
  const kernels::HoldKnown held{nullptr, track_.f32(), noise_.f32(), known, 0, 0};
  lane_.Sample(stream_, draft_, lips_steps_, stop, &held);
  CopyTensor(stream_, lips_, draft_.motion);
}

// Of the lips' window of the hop from frame `decided` on.
kernels::Knowledge LiveSampler::Known(std::int64_t decided) const {
  return {HopEnd(decided) - window_, window_, decided, now_.planned, rows_, options_.stream->fast};
}

// Of that window, when the hop before `next` is decided.
kernels::Knowledge LiveSampler::Provisional(std::int64_t next) const {
  return {next + ahead_ - window_, window_, next, now_.planned, rows_, options_.stream->fast};
}

void LiveSampler::Keep(const Tensor& window, const kernels::Knowledge& known) {
  stream_.Launch(kernels::KeepSampled{window.f32(), track_.f32(), known});
}

void LiveSampler::Gate(const Timeline& timeline, std::int64_t first, std::int64_t last) {
  if (silence_) silence_->Run(stream_, mel_.columns(), first, last, timeline.gate().f32());
}

void LiveSampler::Append(Timeline& timeline, std::int64_t count) {
  stream_.Launch(kernels::GatherRows{track_.f32(), rest_.f32(), given_.f32(), timeline.known(),
                                     count + ahead_, kernels::kEveryFrame, rows_, kMotionSize});
  timeline.AppendNormalised(stream_, given_, count, ahead_);
}

// All goes back to where it was when the frame before was decided: how many were made since depends on time.
// The silence behind the cut is uploaded for the gate; the next hop hears these columns again, with what was
// said since.
void LiveSampler::Interrupt(Timeline& timeline, std::int64_t frame, const LoopPast& past,
                            const StopToken& stop) {
  const std::int64_t column = frame * kernels::kMelRate / fps_;
  restarts_ = speech_->restarts();
  history_.GoBack(stream_, track_, frame, now_);
  mel_.Cut(column);
  now_.voice.Cut(frame);
  features_.Cut(frame);
  if (condition_) condition_->Cut(frame);
  CancelJoin();
  now_.plan_heard = std::min(now_.plan_heard, frame);
  std::int64_t from = frame;
  if (past) from = TakeOver(timeline, frame, past);
  while (now_.planned < frame + kRest + ahead_) Plan(stop);
  now_.plan_cut = frame < now_.plan_first;
  RestLips(timeline, frame);
  timeline.Cut(from);
  const std::int64_t silent = ColumnsOf(kRest, fps_);
  std::fill_n(mel_.Next(), silent * kernels::kMelBands, kernels::kSilentMel);
  mel_.Append(stream_, silent);
  Gate(timeline, frame, frame + kRest);
  mel_.Cut(column);
  Append(timeline, frame + kRest - from);
  Decided(frame, frame + kRest);
}

// The frames before this one were a loop's. Returns the frame from which on the smoother has to see them, so
// that it knows no others: what is further away counts less than a rounding.
std::int64_t LiveSampler::TakeOver(Timeline& timeline, std::int64_t frame, const LoopPast& past) {
  UploadFrames(stream_, past.motion, past_);
  const std::int64_t frames = std::min(past_.dims()[0], rows_);
  stream_.Launch(
      kernels::ScatterRows{past_.f32(), track_.f32(), frame - frames, frames, frames, rows_, kMotionSize});
  features_.Silence(stream_, frame - frames, frame);
  if (condition_) condition_->Silence(stream_, frame - frames, frame);
  now_.planned = frame;
  history_.Clear();
  Decided(frame - 1, frame);
  timeline.SetBlinks(past.clock);
  return std::clamp<std::int64_t>(frame - kJoin, std::min<std::int64_t>(frame, 1), frame);
}

// To the portrait's own motion, or in relative mode to the first frame's, as in silence.
void LiveSampler::RestLips(const Timeline& timeline, std::int64_t frame) {
  const Talker& talker = *portrait_->talker();
  if (frame > 0) {
    stream_.Launch(kernels::Normalise{timeline.rest().f32(), talker.motion_mean().f32(),
                                      talker.motion_std().f32(), rest_.f32(), 1, kMotionSize});
  }
  stream_.Launch(kernels::ComeToRest{track_.f32(), rest_.f32(), frame, kRest + ahead_, kRest, rows_,
                                     options_.stream->fast});
}

}  // namespace kdtalker
