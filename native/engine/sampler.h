#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <optional>

#include "core/repeat.h"
#include "engine/talker.h"
#include "stages/audio_features.h"
#include "stages/sample.h"
#include "stages/stream_condition.h"

namespace kdtalker {

// What samples a lane's windows of one length, of any clip: the networks' bindings, and the buffers of what
// exists only while they run. A window in work is its clip's (stages::Draft). Where the call computes it is
// sampled step by step, and another clip's may come between; where the device goes on alone all its steps are
// given at once, and it is copied to the lane and back. One thread at a time.
class Sampler {
 public:
  // The talker must outlive this. The steps only choose among plans.
  Sampler(Talker& talker, const Lengths& lengths);

  // Encodes what so many frames hear, or as many as the graph fixes. Valid until the next call.
  stages::AudioFeatures& Encoder(std::int64_t frames);

  // Makes the condition of so many frames. Only where a network takes as many. Valid until the next call.
  stages::ConditionRows& Conditions(std::int64_t frames);

  using Steps = std::shared_ptr<const stages::SampleSteps>;

  // A window to sample. What it refers to must live until that is done.
  struct Work {
    const stages::Draft& draft;
    std::uint64_t id;  // of the draft; no other has it
    const Steps& steps;
    const kernels::HoldKnown* held;  // what is known of it, or null
    const StopToken& stop;
  };

  // A step of it, where the call computes; other windows may come between two.
  void Step(Stream& stream, const Work& work, std::size_t step);

  // All steps, where the device goes on alone.
  void Window(Stream& stream, const Work& work);

  std::int64_t window() const { return lengths_.window; }
  std::uint64_t shown() const { return shown_; }  // the draft worked on last; 0: none

 private:
  // Steps that are given again and again.
  struct Repeated {
    Steps steps;
    bool conditioned;
    Repeat repeat;
  };

  Repeat& RepeatOf(const Work& work);
  void AllSteps(Stream& stream, const Work& work);

  Talker& talker_;
  const Lengths lengths_;
  const Networks networks_;
  std::list<stages::AudioFeatures> encoders_;  // as in the other lists, the one used last is first
  std::list<stages::ConditionRows> conditions_;
  std::optional<stages::Draft> copy_;  // where the device goes on alone
  std::optional<stages::Sample> sample_;
  std::uint64_t shown_ = 0;
  std::list<Repeated> repeated_;
};

}  // namespace kdtalker
