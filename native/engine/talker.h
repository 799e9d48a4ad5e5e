#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "core/runtime.h"
#include "core/stage_clock.h"
#include "core/stream_pool.h"
#include "core/tensor.h"
#include "engine/lanes.h"
#include "engine/model.h"
#include "engine/renderer_kind.h"
#include "stages/network.h"

namespace kdtalker {

class RendererPool;
class SamplerPool;

// A pack loaded on a device: its model and its statistics. Thread-safe; portraits and clips share it.
class Talker {
 public:
  // Throws what Model does, and DEVICE_UNKNOWN or DEVICE_UNAVAILABLE.
  Talker(const std::shared_ptr<Runtime>& runtime, const TalkerOptions& options);
  Talker(const std::shared_ptr<Runtime>& runtime, TalkerOptions options, std::shared_ptr<Device> device,
         RendererKind renderers = RendererKind::Ordinary());
  ~Talker();
  Talker(const Talker&) = delete;
  Talker& operator=(const Talker&) = delete;

  const Model& model() const { return model_; }
  const TalkerOptions& options() const { return model_.options(); }
  const std::shared_ptr<Device>& device() const { return device_; }

  // The maximum number of frames of a clip that are rendered side by side, if one frame cannot use all
  // threads. Each has its own thread.
  int frames_at_once() const;

  // What is computed for clips and streams takes turns on these.
  Lanes& lanes() { return lanes_; }
  int lane_count() const;

  // What renders the frames of its clips.
  RendererPool& renderers() { return *renderers_; }

  // What samples their motion.
  SamplerPool& samplers() { return *samplers_; }

  // How many of its portraits there are.
  std::atomic<std::int64_t>& portraits() { return portraits_; }

  // For work that is not a clip's: portraits, and what is uploaded once.
  StreamPool& streams() const { return streams_; }

  // Times of the stages of its clips.
  StageClock& clock() { return clock_; }

  const Networks& networks() const { return model_.networks(); }

  // Whether frames are rendered in half precision, and there are the same networks in float32:
  // Model::Exact().
  bool renders_halves() const { return !options().exact_roles.empty(); }
  const Networks& exact_networks() { return model_.Exact(); }

  // Plans for the lengths that a clip chooses (Model::Add).
  void AddPlans(const std::map<std::string, stages::Role>& plans, std::int64_t window) {
    model_.Add(plans, window);
  }
  const stages::Network& network(const std::string& role) const;  // a role that every pack has

  const Tensor& motion_mean() const { return motion_mean_; }        // [70]
  const Tensor& motion_std() const { return motion_std_; }          // [70]
  const Tensor& keypoints_mean() const { return keypoints_mean_; }  // [63]
  const Tensor& keypoints_std() const { return keypoints_std_; }    // [63]

 private:
  Tensor UploadRow(const std::vector<float>& values) const;

  std::shared_ptr<Device> device_;
  mutable StreamPool streams_;
  Model model_;
  Tensor motion_mean_, motion_std_, keypoints_mean_, keypoints_std_;
  StageClock clock_;
  Lanes lanes_;
  std::atomic<std::int64_t> portraits_{0};
  std::unique_ptr<RendererPool> renderers_;  // last, with those below: they use what is above
  std::unique_ptr<SamplerPool> samplers_;
};

}  // namespace kdtalker
