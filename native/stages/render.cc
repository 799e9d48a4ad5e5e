#include "stages/render.h"

#include <utility>

namespace kdtalker::stages {
Render::Render(const std::map<std::string, Network>& networks, const Tensor& feature, const Tensor& source,
               const Tensor& driving, bool keep_all)
    : first_(FindNetwork(networks, networks.count("render") != 0 ? "render" : "warp")) {
  first_.Input("feature", feature).Input("source", source).Input("driving", driving);
  if (networks.count("render") != 0) {
    image_ = FindNetwork(networks, "render").MakeOutput(source.shared_device(), "image");
    first_.Output("image", image_);
    return;
  }
  const Network& warp = FindNetwork(networks, "warp");
  const Tensor& warped = Keep("warped", warp.MakeOutput(source.shared_device(), "feature"));
  first_.Output("feature", warped);
  for (const char* name : {"deformation", "occlusion"}) {
    if (!keep_all || !warp.has_output(name)) continue;
    first_.Output(name, Keep(name, warp.MakeOutput(source.shared_device(), name)));
  }
  image_ = FindNetwork(networks, "decode").MakeOutput(source.shared_device(), "image");
  decode_.emplace(FindNetwork(networks, "decode")).Input("feature", warped).Output("image", image_);
}

const Tensor& Render::Keep(const char* name, Tensor tensor) {
  return between_.emplace(name, std::move(tensor)).first->second;
}

void Render::Run(const StopToken& stop) {
  first_.Run(stop);
  if (decode_) decode_->Run(stop);
}

}  // namespace kdtalker::stages
