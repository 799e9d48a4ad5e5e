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

// One for each frame, or one for all.
float OfFrame(const std::vector<float>& values, std::int64_t frame) {
  return values[values.size() == 1 ? 0 : static_cast<std::size_t>(frame)];
}

}  // namespace

Retarget::Part::Part(const Network& network, const Tensor& keypoints, std::int64_t ratios)
    : ratio(keypoints.shared_device(), Type::kFloat32, {1, ratios + 1}),
      delta(keypoints.shared_device(), Type::kFloat32, keypoints.dims()),
      run(network) {
  run.Input("source", keypoints).Input("ratio", ratio).Output("delta", delta);
}

void Retarget::Part::Run(Stream& stream, const Tensor& keypoints, const float* ratios, float wanted,
                         const StopToken& stop) {
  kernels::PlaceRatios place{ratio.f32(), {}, ratio.count()};
  std::copy_n(ratios, ratio.count() - 1, place.ratios);
  place.ratios[ratio.count() - 1] = wanted;
  stream.Launch(place);
  run.Run(stream, stop);
  stream.Launch(kernels::MoveKeypoints{keypoints.f32(), delta.f32()});
}

Retarget::Retarget(const std::map<std::string, Network>& networks, const Tensor& source,
                   const Tensor& driving, bool keep_all)
    : networks_(networks), source_(source), driving_(driving), keep_all_(keep_all) {}

const Tensor& Retarget::Begin(const Retargeting& wanted, const std::vector<float>& ratios) {
  if (!wanted.eyes.empty() || !wanted.lips.empty()) CheckRatios(ratios);
  if (!wanted.eyes.empty() && !eyes_) eyes_.emplace(RoleOf(networks_, "eye"), source_, 2);
  if (!wanted.lips.empty() && !lips_) lips_.emplace(RoleOf(networks_, "lip"), source_, 1);
  if (wanted.stitch && !stitching_) MakeStitching();
  return Given(wanted);
}

void Retarget::MakeStitching() {
  const Network& network = RoleOf(networks_, "stitching");
  const auto& device = source_.shared_device();
  unstitched_ = Tensor(device, Type::kFloat32, source_.dims());
  NetworkRun run(network);
  run.Input("source", source_).Input("driving", unstitched_).Output("stitched", driving_);
  if (keep_all_ && network.has_output("delta")) {
    stitching_delta_ = network.MakeOutput(device, "delta");
    run.Output("delta", stitching_delta_);
  }
  stitching_.emplace(std::move(run));
}

const Tensor& Retarget::Given(const Retargeting& wanted) const {
  return wanted.stitch ? unstitched_ : driving_;
}

void Retarget::Run(Stream& stream, std::int64_t frame, const Retargeting& wanted,
                   const std::vector<float>& ratios, const StopToken& stop) {
  const Tensor& keypoints = Given(wanted);
  if (!wanted.eyes.empty()) eyes_->Run(stream, keypoints, ratios.data(), OfFrame(wanted.eyes, frame), stop);
  if (!wanted.lips.empty())
    lips_->Run(stream, keypoints, ratios.data() + 2, OfFrame(wanted.lips, frame), stop);
  if (wanted.stitch) stitching_->Run(stream, stop);
}

std::map<std::string, const Tensor*> Retarget::between() const {
  std::map<std::string, const Tensor*> made;
  if (eyes_) made["delta_eye"] = &eyes_->delta;
  if (lips_) made["delta_lip"] = &lips_->delta;
  if (stitching_) made["stitched"] = &driving_;
  if (stitching_delta_) made["delta_stitch"] = &stitching_delta_;
  return made;
}

}  // namespace kdtalker::stages
