#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/tensor.h"
#include "stages/network.h"

namespace kdtalker::stages {

// A clip's settings for the retargeting networks.
struct Retargeting {
  bool stitch = false;
  std::vector<float> eyes, lips;  // wanted ratio of each frame, or one for all; empty: unchanged
};

// Changes the driving keypoints between motion and rendering: moves eyes and lips to the wanted ratios, then
// stitches shoulders and neck to the source (docs/model.md 11). Owns its buffers; one thread at a time.
class Retarget {
 public:
  // `source` and `driving` are [1, 21, 3]; they and `wanted` must outlive this. `ratios` are the source's:
  // left eye, right eye, lips; empty if unknown. Throws Error PACK_INVALID if the pack lacks a needed role,
  // INVALID_ARGUMENT if needed ratios are empty. With `keep_all`, between() also has the stitching network's
  // `delta` if the pack names it.
  Retarget(const std::map<std::string, Network>& networks, const Tensor& source, const Tensor& driving,
           const std::vector<float>& ratios, const Retargeting& wanted, bool keep_all = false);

  // From now on, frames have another source, with its keypoints in the tensor of the first. `ratios` are the
  // new source's, as in the constructor.
  void Show(const std::vector<float>& ratios);

  // Changes the driving keypoints of one frame.
  void Run(Stream& stream, std::int64_t frame, const StopToken& stop);

  const Tensor& driving() const;  // [1, 21, 3], for the renderer; the address stays the same

  // The outputs of the networks that run: `delta_eye`, `delta_lip`, `delta_stitch`, `stitched`.
  std::map<std::string, const Tensor*> between() const;

 private:
  // Eyes or lips.
  struct Part {
    Part(const Network& network, const Tensor& keypoints, std::vector<float> source_ratios,
         const std::vector<float>& wanted_ratios);
    void Run(Stream& stream, std::int64_t frame, const Tensor& driving, const StopToken& stop);

    std::vector<float> ratios;  // the source's, and space for the wanted one
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
