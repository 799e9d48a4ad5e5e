#pragma once

#include <cstdint>
#include <memory>

#include "core/stage_timer.h"
#include "engine/options.h"
#include "engine/portrait.h"
#include "engine/sampler_pool.h"
#include "engine/speech.h"
#include "engine/timeline.h"
#include "stages/sample.h"

namespace kdtalker {

// Samples motion from speech, window by window; each window starts from the last frame of the previous one
// (docs/model.md 7).
class MotionSampler {
 public:
  // `noise` [windows, window, 70] is the initial noise, instead of the generator's.
  // Everything happens in `stream`, which must outlive this.
  MotionSampler(Stream& stream, std::shared_ptr<Portrait> portrait, std::shared_ptr<Speech> speech,
                const RunOptions& options, Tensor noise = {});

  // Appends the next window to the timeline. `stop` must live until the stream has done it.
  void Window(Timeline& timeline, const StopToken& stop);

  // Gives the lane's sampler back; `done`: what was given to the stream is.
  void GiveBack(bool done) noexcept { lane_.GiveBack(done); }

  // Of the last sampled window.
  const Tensor& features() const { return draft_.features; }  // [1, window, features]
  const Tensor& motion() const { return draft_.motion; }      // [1, window, 70], normalised

 private:
  Stream& stream_;
  std::shared_ptr<Portrait> portrait_;
  std::shared_ptr<Speech> speech_;
  std::uint64_t seed_;
  std::int64_t window_;
  StageTimer audio_time_, sample_time_;
  Tensor noise_;
  stages::Draft draft_;
  Sampler::Steps steps_;
  SamplerPool::User lane_;
};

}  // namespace kdtalker
