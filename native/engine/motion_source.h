#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "engine/live_sampler.h"
#include "engine/live_speech.h"
#include "engine/motion_sampler.h"
#include "engine/options.h"
#include "engine/portrait.h"
#include "engine/speech.h"
#include "engine/timeline.h"
#include "engine/track_record.h"

namespace kdtalker {

// Where the motion of a clip comes from, piece by piece. Used by the clip's sampling thread, except where it
// says otherwise.
class MotionSource {
 public:
  virtual ~MotionSource() = default;

  // Frames; kernels::kEveryFrame while the end is not known. Any thread.
  virtual std::int64_t end() const = 0;

  // Pieces are made until so many frames are ahead of the renderer.
  virtual std::int64_t most_ahead() const = 0;

  // Makes the timeline and what the pieces need. Before anything below. The stream must outlive this.
  virtual std::unique_ptr<Timeline> Begin(Stream& stream) = 0;

  // Whether the next piece's input is there, after `known` frames.
  virtual bool ready(std::int64_t /*known*/) const { return true; }

  // Appends the next piece. What was done before must be done on the device; `stop` must live until this is.
  virtual void Next(Stream& stream, Timeline& timeline, const StopToken& stop) = 0;

  // What pieces borrow of the lanes goes back; `done`: what they gave to the stream is. When a turn ends.
  virtual void GiveBack(bool /*done*/) noexcept {}

  // All pieces are made, and done on the device: frees what they needed.
  virtual void Release() {}

  // The loop of live speech, which others have none of. Any thread: the motion goes over to it, before the
  // sound of the join's first frame; or does not.
  virtual void JoinAt(const LoopJoin& /*join*/) {}
  virtual void CancelJoin() {}
  // What becomes of it: the motion of frames, from now on.
  virtual TrackRecord* record() { return nullptr; }

  // Takes back the frames from `frame` on. Only of live speech, which was restarted there.
  virtual void Interrupt(Timeline& /*timeline*/, std::int64_t /*frame*/, const LoopPast& /*past*/,
                         const StopToken& /*stop*/) {}

  // What a piece or an interruption gave to the stream is done.
  virtual void Done() {}
};

// The options must outlive the source.

// A motion [n, 70] that is there, smoothed and edited.
std::unique_ptr<MotionSource> ReplaySource(std::shared_ptr<Portrait> portrait, std::vector<float> motion,
                                           const RunOptions& options);

// Finished speech, sampled window by window.
std::unique_ptr<MotionSource> SpeechSource(std::shared_ptr<Portrait> portrait, std::shared_ptr<Speech> speech,
                                           const RunOptions& options);

// Speech while it is spoken, sampled hop by hop.
std::unique_ptr<MotionSource> LiveSource(std::shared_ptr<Portrait> portrait,
                                         std::shared_ptr<LiveSpeech> speech, const RunOptions& options);

}  // namespace kdtalker
