#include "engine/motion_sampler.h"

#include <algorithm>
#include <utility>

#include "kernels/motion.h"
#include "stages/audio_features.h"

namespace kdtalker {
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
      draft_(portrait_->talker()->device(), portrait_->talker()->networks(), window_),
      steps_(portrait_->talker()->samplers().StepsOf(stream_, {options.steps, options.ddpm, options.eta},
                                                     window_)),
      lane_(*portrait_->talker(), {window_, options.steps}) {
  CopyTensor(stream_, draft_.canonical, portrait_->canonical_token());
  CopyTensor(stream_, draft_.reference, portrait_->reference_token());
}

void MotionSampler::Window(Timeline& timeline, const StopToken& stop) {
  const std::int64_t first = timeline.known();
  {
    const StageTimer::Lap lap(audio_time_, stream_);
    stages::AudioFeatures& audio = lane_.Lend().Encoder(window_);
    audio.Run(stream_, stages::MelColumns(speech_->mel()), speech_->frames(), first, stop);
    CopyTensor(stream_, draft_.features, audio.features());
  }
  const StageTimer::Lap lap(sample_time_, stream_);
  const float* noise = noise_ ? noise_.f32() + first * kernels::kMotionSize : nullptr;
  draft_.Begin(stream_, seed_, static_cast<std::uint32_t>(first / window_), noise);
  lane_.Sample(stream_, draft_, steps_, stop);
  const float* last = draft_.motion.f32() + draft_.motion.count() - kernels::kMotionSize;
  stream_.Copy(draft_.reference.address(), last, draft_.reference.bytes());
  timeline.AppendNormalised(stream_, draft_.motion, std::min(window_, timeline.frames() - first));
}

}  // namespace kdtalker
