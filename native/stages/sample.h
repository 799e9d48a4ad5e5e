#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/repeat.h"
#include "core/tensor.h"
#include "kernels/known_motion.h"
#include "stages/network.h"
#include "stages/scheduler.h"

namespace kdtalker::stages {

// The sampling loop of one window: noise in, denoised motion out (docs/model.md 6 and 7). If the pack has the
// roles `condition` and `time`, values that depend only on the audio are computed once for each window, and
// values that depend only on the timestep once for all windows. Owns its buffers; one thread at a time.
class Sample {
 public:
  // Each run reads `features` [1, window, n] and `canonical` [1, 70]. `reference` [1, 70] is the frame before
  // the window; the run replaces it with the window's last frame.
  Sample(Stream& stream, const std::map<std::string, Network>& networks, std::vector<Step> plan,
         const Tensor& features, const Tensor& canonical, const Tensor& reference);

  // Writes a window's initial noise, `count` normals of the generator, to a device address.
  static void FillNoise(Stream& stream, float* out, std::int64_t count, std::uint64_t seed,
                        std::uint32_t window);

  // Begins with the generator's noise, or with `noise` [window, 70] on the device. `held`: what is known of
  // the window, and held at every step; its x and coefficients are this call's.
  void Run(Stream& stream, std::uint64_t seed, std::uint32_t window, const StopToken& stop,
           const float* noise = nullptr, const kernels::HoldKnown* held = nullptr);

  const Tensor& motion() const { return x_; }  // [1, window, 70], normalised

 private:
  void BindCondition(Stream& stream, const Network& condition, const Network& time, const Tensor& features);
  void SetStep(Stream& stream, std::size_t step) const;
  void RunSteps(Stream& stream, const StopToken& stop, const kernels::HoldKnown* held);
  void Hold(Stream& stream, kernels::HoldKnown held, const kernels::DdimCoefficients& step) const;

  std::vector<Step> plan_;
  const Tensor& reference_;
  Tensor x_, noise_, fresh_;
  Tensor key_;  // [2], of the noise of steps
  NetworkRun denoiser_;
  Tensor timestep_;      // [1]; absent if there is a table of times
  Tensor times_, time_;  // [steps, c]; the row of the current step, [1, c]
  Tensor given_;         // [1, window, c], the audio's part of the condition
  std::optional<NetworkRun> condition_;
  Repeat steps_;
};

}  // namespace kdtalker::stages
