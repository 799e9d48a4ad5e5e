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

MotionSampler::MotionSampler(std::shared_ptr<Portrait> portrait, std::shared_ptr<Speech> speech,
                             const RunOptions& options, Tensor noise)
    : portrait_(std::move(portrait)),
      speech_(std::move(speech)),
      seed_(options.seed),
      window_(options.window),
      noise_(std::move(noise)),
      reference_(portrait_->talker()->device(), Type::kFloat32, {1, kernels::kMotionSize}),
      audio_(portrait_->talker()->network("audio"), portrait_->talker()->device(), window_,
             portrait_->talker()->options().fps),
      sample_(portrait_->talker()->networks(), PlanOf(portrait_->talker()->options(), options),
              audio_.features(), portrait_->canonical_token(), reference_) {
  reference_.device().Copy(reference_.address(), portrait_->reference_token().address(), reference_.bytes());
}

void MotionSampler::Window(Timeline& timeline, const StopToken& stop) {
  const std::int64_t first = timeline.known();
  StageClock& clock = portrait_->talker()->clock();
  {
    const StageClock::Lap lap(&clock, StageClock::kAudio);
    audio_.Run(speech_->mel(), speech_->frames(), first, stop);
  }
  const StageClock::Lap lap(&clock, StageClock::kSample);
  const float* noise = noise_ ? noise_.f32() + first * kernels::kMotionSize : nullptr;
  sample_.Run(seed_, static_cast<std::uint32_t>(first / window_), stop, noise);
  timeline.AppendNormalised(sample_.motion(), std::min(window_, timeline.frames() - first));
}

}  // namespace kdtalker
