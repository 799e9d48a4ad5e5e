#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/tensor.h"
#include "stages/network.h"
#include "stages/scheduler.h"

namespace kdtalker::stages {

// The sampling loop of one window: noise in, denoised motion out (docs/model.md 6 and 7). Where the pack has
// the roles `condition` and `time`, what depends on the audio alone is computed once a window and what
// depends on the timestep alone once for all windows. Owns its buffers; one thread at a time.
class Sample {
 public:
  // `features` [1, window, n] and `canonical` [1, 70] are read at each run; `reference` [1, 70] is the frame
  // before the window and is replaced by the window's last frame at its end.
  Sample(const std::map<std::string, Network>& networks, std::vector<Step> plan, const Tensor& features,
         const Tensor& canonical, const Tensor& reference);

  // What a window begins from: `count` normals of the generator, to a device address.
  static void FillNoise(const Device& device, float* out, std::int64_t count, std::uint64_t seed,
                        std::uint32_t window);

  // Begins from the generator's noise, or from `noise` [window, 70] on the device.
  void Run(std::uint64_t seed, std::uint32_t window, const StopToken& stop, const float* noise = nullptr);

  const Tensor& motion() const { return x_; }  // [1, window, 70], normalised

 private:
  void BindCondition(const Network& condition, const Network& time, const Tensor& features);
  void SetStep(std::size_t step) const;

  std::vector<Step> plan_;
  const Tensor& reference_;
  Tensor x_, noise_, fresh_;
  NetworkRun denoiser_;
  Tensor timestep_;      // [1]; not where there is a table of times
  Tensor times_, time_;  // [steps, c], the row of the step in work [1, c]
  Tensor given_;         // [1, window, c], the audio's part of the condition
  std::optional<NetworkRun> condition_;
};

}  // namespace kdtalker::stages
