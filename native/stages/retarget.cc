#include "stages/retarget.h"

#include <algorithm>
#include <utility>

#include "core/error.h"
#include "kernels/retarget.h"

namespace kdtalker::stages {
namespace {

void CheckRatios(const std::vector<float>& ratios) {
  if (ratios.size() == 3) return;
  throw Error(
      "INVALID_ARGUMENT",
      "Expected a portrait whose eyes and lips have been measured for retargeting but received one of "
      "unknown ratios");
}

}  // namespace

Retarget::Part::Part(const Network& network, const Tensor& keypoints, std::vector<float> source_ratios,
                     const std::vector<float>& wanted_ratios)
    : ratios(std::move(source_ratios)),
      wanted(wanted_ratios),
      ratio(keypoints.shared_device(), Type::kFloat32, {1, static_cast<std::int64_t>(ratios.size()) + 1}),
      delta(keypoints.shared_device(), Type::kFloat32, keypoints.dims()),
      run(network) {
  ratios.push_back(0.0F);
  run.Input("source", keypoints).Input("ratio", ratio).Output("delta", delta);
}

void Retarget::Part::Run(Stream& stream, std::int64_t frame, const Tensor& driving, const StopToken& stop) {
  ratios.back() = wanted[wanted.size() == 1 ? 0 : static_cast<std::size_t>(frame)];
  kernels::PlaceRatios place{ratio.f32(), {}, ratio.count()};
  std::copy(ratios.begin(), ratios.end(), place.ratios);
  stream.Launch(place);
  run.Run(stream, stop);
  stream.Launch(kernels::MoveKeypoints{driving.f32(), delta.f32()});
}

Retarget::Retarget(const std::map<std::string, Network>& networks, const Tensor& source,
                   const Tensor& driving, const std::vector<float>& ratios, const Retargeting& wanted,
                   bool keep_all)
    : driving_(driving) {
  if (!wanted.eyes.empty() || !wanted.lips.empty()) CheckRatios(ratios);
  if (!wanted.eyes.empty())
    eyes_.emplace(RoleOf(networks, "eye"), source, std::vector<float>{ratios[0], ratios[1]}, wanted.eyes);
  if (!wanted.lips.empty())
    lips_.emplace(RoleOf(networks, "lip"), source, std::vector<float>{ratios[2]}, wanted.lips);
  if (!wanted.stitch) return;
  stitched_ = Tensor(source.shared_device(), Type::kFloat32, source.dims());
  const Network& stitching = RoleOf(networks, "stitching");
  stitching_.emplace(stitching);
  stitching_->Input("source", source).Input("driving", driving).Output("stitched", stitched_);
  if (!keep_all || !stitching.has_output("delta")) return;
  stitching_delta_ = stitching.MakeOutput(source.shared_device(), "delta");
  stitching_->Output("delta", stitching_delta_);
}

void Retarget::Show(const std::vector<float>& ratios) {
  if (eyes_ || lips_) CheckRatios(ratios);
  if (eyes_) std::copy_n(ratios.begin(), 2, eyes_->ratios.begin());
  if (lips_) lips_->ratios.front() = ratios[2];
}

void Retarget::Run(Stream& stream, std::int64_t frame, const StopToken& stop) {
  if (eyes_) eyes_->Run(stream, frame, driving_, stop);
  if (lips_) lips_->Run(stream, frame, driving_, stop);
  if (stitching_) stitching_->Run(stream, stop);
}

const Tensor& Retarget::driving() const {
  return stitching_ ? stitched_ : driving_;
}

std::map<std::string, const Tensor*> Retarget::between() const {
  std::map<std::string, const Tensor*> made;
  if (eyes_) made["delta_eye"] = &eyes_->delta;
  if (lips_) made["delta_lip"] = &lips_->delta;
  if (stitching_) made["stitched"] = &stitched_;
  if (stitching_delta_) made["delta_stitch"] = &stitching_delta_;
  return made;
}

}  // namespace kdtalker::stages
