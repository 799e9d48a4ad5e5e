#include "stages/render.h"

#include <utility>

#include "kernels/warp_crop.h"

namespace kdtalker::stages {
namespace {

using Networks = std::map<std::string, Network>;

bool HasRender(const Networks& networks) {
  return networks.count("render") != 0;
}

// All that is left of a pack whose `render` no frame runs.
bool HasFieldAlone(const Networks& networks) {
  return networks.count("field") != 0 && !HasRender(networks) && networks.count("warp") == 0;
}

const Network& FirstOf(const Networks& networks) {
  if (Render::MovesFeature(networks)) return RoleOf(networks, "field");
  return RoleOf(networks, HasRender(networks) ? "render" : "warp");
}

}  // namespace

Render::Render(const std::map<std::string, Network>& networks, const Source& source, const Tensor& driving,
               bool keep_all, StageClock* clock)
    : first_time_(clock, StageClock::kWarp),
      decode_time_(clock, StageClock::kDecode),
      moves_feature_(MovesFeature(networks)),
      first_(FirstOf(networks)) {
  first_.Input("driving", driving);
  if (HasField(networks)) AddField(networks, driving);
  Show(source);
  if (moves_feature_) {
    image_ = Tensor(driving.shared_device(), Type::kFloat32, first_.network().input("feature").dims);
  } else if (HasRender(networks)) {
    image_ = RoleOf(networks, "render").MakeOutput(driving.shared_device(), "image");
    first_.Output("image", image_);
  } else {
    AddWarped(networks, driving, keep_all);
  }
}

void Render::AddWarped(const Networks& networks, const Tensor& driving, bool keep_all) {
  const auto& device = driving.shared_device();
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
  feature_ = source.feature.f32();
  first_.Input("feature", source.feature).Input("source", source.keypoints);
  for (const auto& [word, tensor] : source.prepared) {
    if (first_.network().has_input(word)) first_.Input(word, tensor);
  }
  if (field_run_) field_run_->Input("feature", source.feature).Input("source", source.keypoints);
}

bool Render::HasField(const Networks& networks) {
  const auto render = networks.find("render");
  return render == networks.end() ? HasFieldAlone(networks) : render->second.has_output("field");
}

bool Render::MovesFeature(const Networks& networks) {
  const auto field = networks.find("field");
  if (field == networks.end() || !HasField(networks)) return false;
  if (!HasRender(networks)) return true;
  const auto& dims = RoleOf(networks, "render").output("image").dims;
  return field->second.input("feature").dims == dims && dims[2] > 1 && dims[3] > 1;
}

void Render::AddField(const Networks& networks, const Tensor& driving) {
  const auto alone = networks.find("field");
  const Network& known = moves_feature_ ? alone->second : RoleOf(networks, "render");
  field_ = known.MakeOutput(driving.shared_device(), "field");
  if (alone == networks.end() || moves_feature_) {
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
    if (moves_feature_) MoveFeature(stream);
  }
  if (!decode_) return;
  const StageTimer::Lap lap(decode_time_, stream);
  decode_->Run(stream, stop);
}

void Render::MoveFeature(Stream& stream) const {
  const auto &picture = image_.dims(), &cells = field_.dims();
  stream.Launch(
      kernels::WarpCrop{feature_, field_.f32(), image_.f32(), picture[3], picture[2], cells[3], cells[2]});
}

void Render::RunField(Stream& stream, const StopToken& stop) {
  const StageTimer::Lap lap(first_time_, stream);
  (field_run_ ? *field_run_ : first_).Run(stream, stop);
}

}  // namespace kdtalker::stages
