#include "engine/live_sampler.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "kernels/frame_noise.h"
#include "kernels/loudness.h"
#include "kernels/normalise.h"
#include "kernels/ring.h"
#include "kernels/windows.h"
#include "stages/scheduler.h"

namespace kdtalker {
namespace {

using kernels::kMotionSize;

// A renderer may be that many frames behind the sampler, and an interruption goes back to what was read.
constexpr std::int64_t kLeastRows = 512;

// A plan is worth a few hops: no other takes its place before so many frames.
constexpr std::int64_t kLeastPlan = 4;

std::int64_t RowsFor(std::int64_t window) {
  return std::max(kLeastRows, 8 * window);
}

std::vector<stages::Step> StepsOf(const TalkerOptions& pack, int steps) {
  const stages::Scheduler scheduler(pack.train_timesteps, static_cast<float>(pack.beta_start),
                                    static_cast<float>(pack.beta_end));
  return scheduler.Plan(steps);
}

// Columns of so many frames, and of the windows at both ends.
std::int64_t ColumnsOf(std::int64_t frames, std::int64_t fps) {
  return frames * kernels::kMelRate / fps + 2 * kernels::kMelWindow;
}

}  // namespace

LiveSampler::Window::Window(Stream& stream, const Portrait& portrait, std::int64_t frames,
                            std::int64_t features_width, int steps)
    : networks(portrait.talker()->model().NetworksFor({frames, steps})),
      features(stream.shared_device(), Type::kFloat32, {1, frames, features_width}),
      noise(stream.shared_device(), Type::kFloat32, {frames, kMotionSize}),
      reference(stream.shared_device(), Type::kFloat32, {1, kMotionSize}),
      sample(stream, networks, StepsOf(portrait.talker()->options(), steps), features,
             portrait.canonical_token(), reference) {}

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
      audio_time_(&portrait_->talker()->clock(), StageClock::kAudio),
      sample_time_(&portrait_->talker()->clock(), StageClock::kSample),
      voice_(fps_),
      mel_(stream.shared_device(), ColumnsOf(rows_, fps_), ColumnsOf(hop_ + ahead_ + kRest, fps_)),
      networks_(portrait_->talker()->model().NetworksFor({window_, options.steps})),
      features_(stream, stages::RoleOf(networks_, "audio"), hop_, rows_, fps_),
      track_(stream.shared_device(), Type::kFloat32, {rows_, kMotionSize}),
      given_(stream.shared_device(), Type::kFloat32, {std::max(hop_, kRest) + ahead_, kMotionSize}),
      rest_(stream.shared_device(), Type::kFloat32, {kMotionSize}),
      plan_(stream, *portrait_, window_, features_.width(), options.stream->plan_steps),
      lips_(stream, *portrait_, window_, features_.width(), options.steps) {
  CopyTensor(stream_, rest_, portrait_->reference_token());
  stream_.Launch(kernels::ScatterRows{rest_.f32(), track_.f32(), 0, rows_, 1, rows_, kMotionSize});
  if (options_.silence)
    silence_.emplace(stream_.shared_device(), options_.silence->rule, fps_, rows_, std::max(hop_, kRest));
}

std::unique_ptr<Timeline> LiveSampler::MakeTimeline() {
  return std::make_unique<Timeline>(stream_, portrait_, options_, Timeline::Last{rows_});
}

bool LiveSampler::Hears(std::int64_t known) const {
  return speech_->columns() >= kernels::WindowEnd(HopEnd(known) - 1, fps_);
}

// The next plan begins where the reference frame is decided, so after the hop that ends there, before its
// provisional frames are given to the smoother. After an interruption that need not be a hop's end. A plan
// whose frames are not like the voice that came, silent while somebody speaks or the reverse, gives way to
// another.
void LiveSampler::Hop(Timeline& timeline, const StopToken& stop) {
  const std::int64_t first = timeline.known(), next = first + hop_;
  {
    const StageTimer::Lap lap(audio_time_, stream_);
    Hear(HopEnd(first));
    features_.Advance(stream_, mel_.columns(), HopEnd(first), stop);
  }
  const StageTimer::Lap lap(sample_time_, stream_);
  while (planned_ < next) Plan(stop);
  Lips(first, stop);
  Keep(lips_, Known(first));
  if (Surprised(next)) planned_ = next;
  if (planned_ == next && ahead_ > 0) {
    Plan(stop);
    Keep(lips_, Known(first));
  }
  Gate(timeline, first, next);
  Append(timeline, hop_);
}

// Columns that the windows of frames before `last` read.
void LiveSampler::Hear(std::int64_t last) {
  const std::int64_t from = mel_.count(), to = kernels::WindowEnd(last - 1, fps_);
  speech_->Take(restarts_, from, to, mel_.Next());
  voice_.Hear(mel_.Next(), from, to - from);
  mel_.Append(stream_, to - from);
}

bool LiveSampler::Surprised(std::int64_t next) const {
  return voice_.speaks() != planned_speech_ && next - plan_first_ >= kLeastPlan;
}

// The noise, the features and the reference of a window.
void LiveSampler::Begin(Window& window, std::int64_t first, std::int64_t span) {
  stream_.Launch(kernels::FrameNoise{window.noise.f32(), first, window_, options_.seed});
  features_.Gather(stream_, first, span, window.features);
  const std::int64_t before = kernels::RowOf(first - 1, rows_);
  stream_.Copy(window.reference.address(), track_.f32() + before * kMotionSize, window.reference.bytes());
}

void LiveSampler::Plan(const StopToken& stop) {
  Begin(plan_, planned_, voice_.span());
  plan_first_ = planned_;
  planned_speech_ = voice_.speaks();
  plan_.sample.Run(stream_, options_.seed, 0, stop, plan_.noise.f32());
  Keep(plan_, {planned_, window_, planned_, planned_, rows_, options_.stream->fast});
  planned_ += window_;
}

void LiveSampler::Lips(std::int64_t first, const StopToken& stop) {
  const kernels::Knowledge known = Known(first);
  Begin(lips_, known.first, 0);
  const kernels::HoldKnown held{nullptr, track_.f32(), lips_.noise.f32(), known, 0, 0};
  lips_.sample.Run(stream_, options_.seed, 0, stop, lips_.noise.f32(), &held);
}

// Of the lips' window of the hop from frame `decided` on.
kernels::Knowledge LiveSampler::Known(std::int64_t decided) const {
  return {HopEnd(decided) - window_, window_, decided, planned_, rows_, options_.stream->fast};
}

void LiveSampler::Keep(const Window& window, const kernels::Knowledge& known) {
  stream_.Launch(kernels::KeepSampled{window.sample.motion().f32(), track_.f32(), known});
}

void LiveSampler::Gate(const Timeline& timeline, std::int64_t first, std::int64_t last) {
  if (silence_) silence_->Run(stream_, mel_.columns(), first, last, timeline.gate().f32());
}

void LiveSampler::Append(Timeline& timeline, std::int64_t count) {
  stream_.Launch(kernels::GatherRows{track_.f32(), rest_.f32(), given_.f32(), timeline.known(),
                                     count + ahead_, kernels::kEveryFrame, rows_, kMotionSize});
  timeline.AppendNormalised(stream_, given_, count, ahead_);
}

// The silence behind the cut is uploaded for the gate; the next hop hears these columns again, with what was
// said since.
void LiveSampler::Interrupt(Timeline& timeline, std::int64_t frame, const StopToken& stop) {
  const std::int64_t column = frame * kernels::kMelRate / fps_;
  restarts_ = speech_->restarts();
  mel_.Cut(column);
  voice_.Cut(frame);
  features_.Cut(frame);
  while (planned_ < frame + kRest + ahead_) Plan(stop);
  RestLips(timeline, frame);
  timeline.Cut(frame);
  const std::int64_t silent = ColumnsOf(kRest, fps_);
  std::fill_n(mel_.Next(), silent * kernels::kMelBands, kernels::kSilentMel);
  mel_.Append(stream_, silent);
  Gate(timeline, frame, frame + kRest);
  mel_.Cut(column);
  Append(timeline, kRest);
}

// To the portrait's own motion, or in relative mode to the first frame's, as in silence.
void LiveSampler::RestLips(const Timeline& timeline, std::int64_t frame) {
  const Talker& talker = *portrait_->talker();
  if (timeline.ready() > 0) {
    stream_.Launch(kernels::Normalise{timeline.rest().f32(), talker.motion_mean().f32(),
                                      talker.motion_std().f32(), rest_.f32(), 1, kMotionSize});
  }
  stream_.Launch(kernels::ComeToRest{track_.f32(), rest_.f32(), frame, kRest + ahead_, kRest, rows_,
                                     options_.stream->fast});
}

}  // namespace kdtalker
