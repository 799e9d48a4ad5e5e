#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/tensor.h"
#include "stages/network.h"

namespace kdtalker::stages {

// What a clip asks of the retargeting networks.
struct Retargeting {
  bool stitch = false;
  std::vector<float> eyes, lips;  // wanted ratio of each frame, or one for all; empty: left as they are
};

// Driving keypoints between motion and rendering: eyes and lips are moved to the wanted ratios, then
// shoulders and neck are stitched to the source (docs/model.md 11). Owns its buffers; one thread at a time.
class Retarget {
 public:
  // `source` and `driving` are [1, 21, 3]; they and `wanted` must outlive this. `ratios` are the source's:
  // left eye, right eye, lips; empty when they are not known. Throws Error PACK_INVALID when the pack lacks a
  // role that is needed, INVALID_ARGUMENT when ratios are. With `keep_all`, between() has the stitching
  // network's `delta` too, where the pack names it.
  Retarget(const std::map<std::string, Network>& networks, const Tensor& source, const Tensor& driving,
           const std::vector<float>& ratios, const Retargeting& wanted, bool keep_all = false);

  // Frames have another source from here on, whose keypoints are where the first one's were: its ratios, as
  // the constructor takes them.
  void Show(const std::vector<float>& ratios);

  // Works on the `driving` of a frame.
  void Run(std::int64_t frame, const StopToken& stop);

  const Tensor& driving() const;  // [1, 21, 3], for the renderer; the address stays the same

  // What the networks that run gave: `delta_eye`, `delta_lip`, `delta_stitch`, `stitched`.
  std::map<std::string, const Tensor*> between() const;

 private:
  // Eyes or lips.
  struct Part {
    Part(const Network& network, const Tensor& keypoints, std::vector<float> source_ratios,
         const std::vector<float>& wanted_ratios);
    void Run(std::int64_t frame, const Tensor& driving, const StopToken& stop);

    std::vector<float> ratios;  // of the source, and room for the wanted one
    const std::vector<float>& wanted;
    Tensor ratio, delta;
    NetworkRun run;
  };

  const Tensor& driving_;
  Tensor stitched_, stitching_delta_;
  std::optional<Part> eyes_, lips_;
  std::optional<NetworkRun> stitching_;
};

}  // namespace kdtalker::stages
