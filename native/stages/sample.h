#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/tensor.h"
#include "kernels/known_motion.h"
#include "stages/network.h"
#include "stages/scheduler.h"

namespace kdtalker::stages {

// The steps of sampling, and the part of the denoiser's condition that depends on them alone, if the pack has
// the role `time`. The same for all windows. Thread-safe.
class SampleSteps {
 public:
  // Done on the device when the constructor returns.
  SampleSteps(Stream& stream, const std::map<std::string, Network>& networks, std::vector<Step> steps);

  std::size_t count() const { return steps_.size(); }
  const Step& operator[](std::size_t step) const { return steps_[step]; }
  const Tensor& times() const { return times_; }  // [steps, c]; absent without the role

 private:
  std::vector<Step> steps_;
  Tensor times_;
};

// A window in work, as it is between two steps.
struct Draft {
  Draft(const std::shared_ptr<Device>& device, const std::map<std::string, Network>& networks,
        std::int64_t window);

  // The window begins: with `noise` [window, 70] on the device, or with the generator's.
  void Begin(Stream& stream, std::uint64_t seed, std::uint32_t window, const float* noise) const;

  // Writes a window's initial noise, `count` normals of the generator, to a device address.
  static void FillNoise(Stream& stream, float* out, std::int64_t count, std::uint64_t seed,
                        std::uint32_t window);

  Tensor features;              // [1, window, n], what is heard
  Tensor canonical, reference;  // [1, 70], the portrait's; the frame before the window
  Tensor motion;                // [1, window, 70], normalised: noise, and in the end what was sampled
  Tensor key;                   // [2], of the noise of steps
  Tensor condition;             // [1, window, c], that of the features; absent without the role
  bool conditioned = false;     // the condition is given; else it is made of the features
};

// One step of sampling (docs/model.md 6 and 7), of whose draft it is shown. If the pack has the roles
// `condition` and `time`, values that depend only on the audio are computed once for each window, and values
// that depend only on the timestep once for all windows. Owns what exists within a step; one thread at a
// time.
class Sample {
 public:
  // Of drafts like this one.
  Sample(const std::map<std::string, Network>& networks, const Draft& like);

  // From now on this draft is worked on; it must stay until another is. Not before earlier work is done on
  // the device.
  void Show(const Draft& draft);

  // Before the first step of a window.
  void Condition(Stream& stream, const StopToken& stop);

  // `held`: what is known of the window; its motion and coefficients are this call's.
  void Step(Stream& stream, const SampleSteps& steps, std::size_t step, const kernels::HoldKnown* held,
            const StopToken& stop);

 private:
  void SetStep(Stream& stream, const SampleSteps& steps, std::size_t step) const;
  void Hold(Stream& stream, kernels::HoldKnown held, const kernels::DdimCoefficients& step) const;

  const Draft* draft_ = nullptr;
  Tensor noise_, fresh_;  // as the motion
  NetworkRun denoiser_;
  Tensor timestep_;  // [1]; absent if there is a table of times
  Tensor time_;      // the row of the current step, [1, c]
  std::optional<NetworkRun> condition_;
};

}  // namespace kdtalker::stages
