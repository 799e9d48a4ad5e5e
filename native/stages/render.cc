#include "stages/render.h"

#include <utility>

namespace kdtalker::stages {
Render::Render(const std::map<std::string, Network>& networks, const Source& source, const Tensor& driving,
               bool keep_all, StageClock* clock)
    : first_time_(clock, StageClock::kWarp),
      decode_time_(clock, StageClock::kDecode),
      first_(RoleOf(networks, networks.count("render") != 0 ? "render" : "warp")) {
  const auto& device = driving.shared_device();
  first_.Input("driving", driving);
  if (HasField(networks)) AddField(networks, driving);
  Show(source);
  if (networks.count("render") != 0) {
    image_ = RoleOf(networks, "render").MakeOutput(device, "image");
    first_.Output("image", image_);
    return;
  }
  const Network& warp = RoleOf(networks, "warp");
  const Tensor& warped = Keep("warped", warp.MakeOutput(device, "feature"));
  first_.Output("feature", warped);
  for (const char* name : {"deformation", "occlusion"}) {
    if (!keep_all || !warp.has_output(name)) continue;
    first_.Output(name, Keep(name, warp.MakeOutput(device, name)));
  }
  image_ = RoleOf(networks, "decode").MakeOutput(device, "image");
  decode_.emplace(RoleOf(networks, "decode")).Input("feature", warped).Output("image", image_);
}

void Render::Show(const Source& source) {
  first_.Input("feature", source.feature).Input("source", source.keypoints);
  for (const auto& [word, tensor] : source.prepared) first_.Input(word, tensor);
  if (field_run_) field_run_->Input("feature", source.feature).Input("source", source.keypoints);
}

bool Render::HasField(const std::map<std::string, Network>& networks) {
  const auto render = networks.find("render");
  return render != networks.end() && render->second.has_output("field");
}

void Render::AddField(const std::map<std::string, Network>& networks, const Tensor& driving) {
  field_ = first_.network().MakeOutput(driving.shared_device(), "field");
  const auto alone = networks.find("field");
  if (alone == networks.end()) {
    first_.Output("field", field_);
  } else {
    field_run_.emplace(alone->second).Input("driving", driving).Output("field", field_);
  }
}

const Tensor& Render::Keep(const char* name, Tensor tensor) {
  return between_.emplace(name, std::move(tensor)).first->second;
}

void Render::Run(Stream& stream, const StopToken& stop) {
  {
    const StageTimer::Lap lap(first_time_, stream);
    first_.Run(stream, stop);
  }
  if (!decode_) return;
  const StageTimer::Lap lap(decode_time_, stream);
  decode_->Run(stream, stop);
}

void Render::RunField(Stream& stream, const StopToken& stop) {
  const StageTimer::Lap lap(first_time_, stream);
  (field_run_ ? *field_run_ : first_).Run(stream, stop);
}

}  // namespace kdtalker::stages
