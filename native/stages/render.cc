#include "stages/render.h"

#include <utility>

#include "core/error.h"

namespace kdtalker::stages {
namespace {

const Network& Find(const std::map<std::string, Network>& networks, const std::string& role) {
  const auto found = networks.find(role);
  if (found == networks.end())
    throw Error("PACK_INVALID", "Expected the pack to have the role '" + role + "' but it has not");
  return found->second;
}

}  // namespace

Render::Render(const std::map<std::string, Network>& networks, const Tensor& feature, const Tensor& source,
               const Tensor& driving, bool keep_all)
    : first_(Find(networks, networks.count("render") != 0 ? "render" : "warp")) {
  first_.Input("feature", feature).Input("source", source).Input("driving", driving);
  if (networks.count("render") != 0) {
    image_ = Find(networks, "render").MakeOutput(source.shared_device(), "image");
    first_.Output("image", image_);
    return;
  }
  const Network& warp = Find(networks, "warp");
  const Tensor& warped = Keep("warped", warp.MakeOutput(source.shared_device(), "feature"));
  first_.Output("feature", warped);
  for (const char* name : {"deformation", "occlusion"}) {
    if (!keep_all || !warp.has_output(name)) continue;
    first_.Output(name, Keep(name, warp.MakeOutput(source.shared_device(), name)));
  }
  image_ = Find(networks, "decode").MakeOutput(source.shared_device(), "image");
  decode_.emplace(Find(networks, "decode")).Input("feature", warped).Output("image", image_);
}

const Tensor& Render::Keep(const char* name, Tensor tensor) {
  return between_.emplace(name, std::move(tensor)).first->second;
}

void Render::Run(const StopToken& stop, StageClock* clock) {
  {
    const StageClock::Lap lap(clock, StageClock::kWarp);
    first_.Run(stop);
  }
  if (!decode_) return;
  const StageClock::Lap lap(clock, StageClock::kDecode);
  decode_->Run(stop);
}

}  // namespace kdtalker::stages
