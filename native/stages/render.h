#pragma once

#include <map>
#include <optional>
#include <string>

#include "core/stage_clock.h"
#include "core/tensor.h"
#include "stages/network.h"

namespace kdtalker::stages {

// Source and driving keypoints to a picture: warp and decode, in one network (`render`) or in two (`warp`,
// `decode`). Owns its buffers; one thread at a time.
class Render {
 public:
  // What the portrait gives: `feature`, `source` [1, 21, 3], and by further words of the first network's
  // inputs what a network of the role `prepare` made of those two.
  struct Source {
    const Tensor& feature;
    const Tensor& keypoints;
    const std::map<std::string, Tensor>& prepared;
  };

  // `driving` [1, 21, 3] is read at each run; it and the source's tensors must outlive this. With `keep_all`,
  // between() has what `warp` gives besides.
  Render(const std::map<std::string, Network>& networks, const Source& source, const Tensor& driving,
         bool keep_all = false);

  // `clock` learns how long warp (the whole, where one network does it all) and decode took.
  void Run(const StopToken& stop, StageClock* clock = nullptr);

  // What lies between warp and decode: `warped`, and of `deformation` and `occlusion` what is kept and the
  // pack names. Empty where one network does it all.
  const std::map<std::string, Tensor>& between() const { return between_; }

  const Tensor& image() const { return image_; }  // [1, 3, height, width], 0..1

 private:
  const Tensor& Keep(const char* name, Tensor tensor);

  Tensor image_;
  std::map<std::string, Tensor> between_;
  NetworkRun first_;
  std::optional<NetworkRun> decode_;
};

}  // namespace kdtalker::stages
