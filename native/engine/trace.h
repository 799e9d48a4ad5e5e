#pragma once

#include <cstdint>
#include <exception>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "core/session.h"
#include "engine/motion_sampler.h"
#include "engine/options.h"
#include "engine/portrait.h"
#include "engine/recording.h"
#include "engine/speech.h"
#include "engine/talker.h"
#include "engine/timeline.h"
#include "stages/render.h"
#include "stages/retarget.h"

namespace kdtalker {

// Runs the steps of a clip, piece by piece in the calling thread, and copies every stage's tensors out: the
// same portrait, sampler, timeline and render stage.
class Trace {
 public:
  // Throws Error INVALID_ARGUMENT for speech of another talker, for noise that is too short, and for frames
  // beyond the end of the speech.
  Trace(std::shared_ptr<Talker> talker, PortraitOptions picture, std::shared_ptr<Speech> speech,
        TraceOptions options);

  // Runs the next piece and returns its tensors: first spectrogram and portrait; then none for each window
  // before the last; with the last window all features and motion; then each chosen frame. After that it
  // returns no value. Names and shapes are those of docs/trace.md. Throws Error ABORTED after Stop(). After a
  // failure every later call throws the same error.
  std::optional<Recording> Next();

  // Ends Next() soon. Any thread.
  void Stop() { stop_.Stop(); }

 private:
  std::optional<Recording> Work();
  Recording Begin();
  Recording Window();
  void RecordMotion(Recording& recording) const;
  Recording Frame(std::int64_t frame);

  std::shared_ptr<Talker> talker_;
  PortraitOptions picture_;
  std::shared_ptr<Speech> speech_;
  const TraceOptions options_;
  StopToken stop_;

  std::mutex mutex_;  // guards what follows
  std::exception_ptr failed_;
  std::shared_ptr<Portrait> portrait_;
  std::optional<Timeline> timeline_;
  std::optional<MotionSampler> sampler_;
  Tensor features_, normalised_;  // [frames, features], [frames, 70]
  Tensor driving_;                // [1, 21, 3], of the frame in work
  std::optional<stages::Retarget> retarget_;
  std::optional<stages::Render> render_;
  std::size_t frames_done_ = 0;
  std::unique_ptr<Stream> stream_;  // last: it waits for what uses the others
};

}  // namespace kdtalker
