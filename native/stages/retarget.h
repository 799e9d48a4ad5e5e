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
// stitches shoulders and neck to the source (docs/model.md 11). Serves any clip, and makes what one wants
// when that is first wanted. Owns its buffers; one thread at a time.
class Retarget {
 public:
  // `source` and `driving` are [1, 21, 3]: the keypoints of the portrait shown, and those that the renderer
  // reads. They and the networks must outlive this. With `keep_all`, between() also has the stitching
  // network's `delta` if the pack names it.
  Retarget(const std::map<std::string, Network>& networks, const Tensor& source, const Tensor& driving,
           bool keep_all = false);

  // Where the next frame's keypoints have to be written, [1, 21, 3]. `ratios` are the source's: left eye,
  // right eye, lips; empty if unknown. Throws Error PACK_INVALID if the pack lacks a needed role,
  // INVALID_ARGUMENT if needed ratios are empty.
  const Tensor& Begin(const Retargeting& wanted, const std::vector<float>& ratios);

  // Changes the keypoints of that frame; then `driving` has them. The same arguments as in Begin().
  void Run(Stream& stream, std::int64_t frame, const Retargeting& wanted, const std::vector<float>& ratios,
           const StopToken& stop);

  // The outputs of the networks that were wanted: `delta_eye`, `delta_lip`, `delta_stitch`, `stitched`.
  std::map<std::string, const Tensor*> between() const;

 private:
  // Eyes or lips.
  struct Part {
    Part(const Network& network, const Tensor& keypoints, std::int64_t ratios);
    // `ratios`: of the source; one of `wanted` follows them.
    void Run(Stream& stream, const Tensor& keypoints, const float* ratios, float wanted,
             const StopToken& stop);

    Tensor ratio, delta;
    NetworkRun run;
  };

  void MakeStitching();
  const Tensor& Given(const Retargeting& wanted) const;

  const std::map<std::string, Network>& networks_;
  const Tensor &source_, &driving_;
  const bool keep_all_;
  Tensor unstitched_, stitching_delta_;
  std::optional<Part> eyes_, lips_;
  std::optional<NetworkRun> stitching_;
};

}  // namespace kdtalker::stages
