#include "engine/motion_sampler.h"

#include <algorithm>
#include <utility>

#include "kernels/motion.h"
#include "stages/scheduler.h"

namespace kdtalker {
namespace {

std::vector<stages::Step> PlanOf(const TalkerOptions& pack, const RunOptions& options) {
  const stages::Scheduler scheduler(pack.train_timesteps, static_cast<float>(pack.beta_start),
                                    static_cast<float>(pack.beta_end));
  return scheduler.Plan(options.steps,
                        options.ddpm ? stages::SamplingMethod::kDdpm : stages::SamplingMethod::kDdim,
                        options.eta);
}

}  // namespace

MotionSampler::MotionSampler(Stream& stream, std::shared_ptr<Portrait> portrait,
                             std::shared_ptr<Speech> speech, const RunOptions& options, Tensor noise)
    : stream_(stream),
      portrait_(std::move(portrait)),
      speech_(std::move(speech)),
      seed_(options.seed),
      window_(options.window),
      audio_time_(&portrait_->talker()->clock(), StageClock::kAudio),
      sample_time_(&portrait_->talker()->clock(), StageClock::kSample),
      noise_(std::move(noise)),
      reference_(portrait_->talker()->device(), Type::kFloat32, {1, kernels::kMotionSize}),
      networks_(portrait_->talker()->model().NetworksFor({window_, options.steps})),
      audio_(stages::RoleOf(networks_, "audio"), portrait_->talker()->device(), window_,
             portrait_->talker()->options().fps),
      sample_(stream_, networks_, PlanOf(portrait_->talker()->options(), options), audio_.features(),
              portrait_->canonical_token(), reference_) {
  CopyTensor(stream_, reference_, portrait_->reference_token());
}

void MotionSampler::Window(Timeline& timeline, const StopToken& stop) {
  const std::int64_t first = timeline.known();
  {
    const StageTimer::Lap lap(audio_time_, stream_);
    audio_.Run(stream_, stages::MelColumns(speech_->mel()), speech_->frames(), first, stop);
  }
  const StageTimer::Lap lap(sample_time_, stream_);
  const float* noise = noise_ ? noise_.f32() + first * kernels::kMotionSize : nullptr;
  sample_.Run(stream_, seed_, static_cast<std::uint32_t>(first / window_), stop, noise);
  timeline.AppendNormalised(stream_, sample_.motion(), std::min(window_, timeline.frames() - first));
}

}  // namespace kdtalker
