#include "engine/portrait.h"

#include <algorithm>
#include <atomic>
#include <utility>

#include "core/error.h"
#include "kernels/convert.h"
#include "kernels/keypoints.h"
#include "kernels/normalise.h"
#include "kernels/place_keypoints.h"

namespace kdtalker {
namespace {

std::uint64_t NextId() {
  static std::atomic<std::uint64_t> last{0};
  return ++last;
}

// A crop's pixels on the device as floats, [1, 3, side, side].
Tensor UploadCrop(Stream& stream, const Talker& talker, const std::vector<std::uint8_t>& pixels) {
  const std::int64_t side = talker.options().crop_size;
  if (pixels.size() != static_cast<std::size_t>(3 * side * side)) {
    throw Error("INVALID_ARGUMENT", "Expected " + std::to_string(3 * side * side) +
                                        " bytes for the portrait's pixels but received " +
                                        std::to_string(pixels.size()));
  }
  const auto& device = talker.device();
  const Tensor rgb(device, Type::kUint8, {side, side, 3});
  rgb.UploadNow(stream, pixels.data(), Crossing::kPicture);
  Tensor crop(device, Type::kFloat32, {1, 3, side, side});
  stream.Launch(kernels::RgbToPicture{rgb.u8(), crop.f32(), side, side});
  return crop;
}

// The crop at the motion network's size.
Tensor Shrink(Stream& stream, const Talker& talker, const Tensor& crop) {
  const std::int64_t side = talker.options().crop_size, small = talker.options().motion_size;
  Tensor shrunk(talker.device(), Type::kFloat32, {1, 3, small, small});
  stream.Launch(kernels::ShrinkPicture{crop.f32(), shrunk.f32(), side, side, side / small});
  return shrunk;
}

kernels::PlaceKeypoints PlaceOf(const std::vector<float>& values, float* keypoints) {
  kernels::PlaceKeypoints place{keypoints, {}, {}};
  if (values.size() != 126)
    throw Error("INVALID_ARGUMENT", "Expected 126 values for the portrait's keypoints");
  std::copy_n(values.begin(), kernels::kExpressionSize, place.keep);
  std::copy_n(values.begin() + kernels::kExpressionSize, kernels::kExpressionSize, place.add);
  return place;
}

// Buffers for the motion network's unprocessed heads, which a pack may name by these words.
std::map<std::string, Tensor> MakeHeads(const stages::Network& network,
                                        const std::shared_ptr<Device>& device) {
  std::map<std::string, Tensor> heads;
  for (const char* name : {"raw_kp", "raw_pitch", "raw_yaw", "raw_roll", "raw_t", "raw_exp", "raw_scale"}) {
    if (network.has_output(name)) heads.emplace(name, network.MakeOutput(device, name));
  }
  return heads;
}

// Runs M on a picture of its size; returns its keypoints [1, 21, 3] and the motion [70].
void RunMotion(Stream& stream, const Talker& talker, const Tensor& image, const Tensor& keypoints,
               const Tensor& motion, Recording* recording) {
  const auto& device = talker.device();
  const stages::Network& network = talker.network("motion");
  const Tensor scale = network.MakeOutput(device, "scale"), yaw = network.MakeOutput(device, "yaw");
  const Tensor pitch = network.MakeOutput(device, "pitch"), roll = network.MakeOutput(device, "roll");
  const Tensor translation = network.MakeOutput(device, "translation"),
               expression = network.MakeOutput(device, "expression");
  const StopToken stop;
  stages::NetworkRun run(network);
  run.Input("image", image).Output("keypoints", keypoints).Output("scale", scale).Output("yaw", yaw);
  run.Output("pitch", pitch)
      .Output("roll", roll)
      .Output("translation", translation)
      .Output("expression", expression);
  const std::map<std::string, Tensor> heads =
      recording == nullptr ? std::map<std::string, Tensor>{} : MakeHeads(network, device);
  for (const auto& [name, tensor] : heads) run.Output(name, tensor);
  run.Run(stream, stop);
  if (recording != nullptr) {
    for (const auto& [name, tensor] : heads) recording->Add(stream, name, tensor);
  }
  stream.Launch(kernels::PackMotion{scale.f32(), yaw.f32(), pitch.f32(), roll.f32(), translation.f32(),
                                    expression.f32(), motion.f32()});
}

// What M sees in a crop, on the device.
struct Sight {
  Tensor keypoints;  // [1, 21, 3]
  Tensor motion;     // [70]
};

Sight Look(Stream& stream, const Talker& talker, const std::vector<std::uint8_t>& pixels) {
  Sight sight{Tensor(talker.device(), Type::kFloat32, {1, kernels::kKeypoints, 3}),
              Tensor(talker.device(), Type::kFloat32, {kernels::kMotionSize})};
  const Tensor image = Shrink(stream, talker, UploadCrop(stream, talker, pixels));
  RunMotion(stream, talker, image, sight.keypoints, sight.motion, nullptr);
  return sight;
}

void UploadFloats(Stream& stream, const Tensor& tensor, const std::vector<float>& values, const char* name) {
  if (values.size() != static_cast<std::size_t>(tensor.count())) {
    throw Error("PORTRAIT_INVALID", "Expected " + DimsToText(tensor.dims()) + " values of " + name +
                                        " in the portrait but received " + std::to_string(values.size()));
  }
  tensor.UploadNow(stream, values.data(), Crossing::kPortrait);
}

}  // namespace

Portrait::Portrait(std::shared_ptr<Talker> talker)
    : talker_(std::move(talker)),
      id_(NextId()),
      feature_(talker_->network("appearance").MakeOutput(talker_->device(), "feature")),
      canonical_(talker_->device(), Type::kFloat32, {1, kernels::kKeypoints, 3}),
      motion_(talker_->device(), Type::kFloat32, {kernels::kMotionSize}),
      keypoints_(talker_->device(), Type::kFloat32, {1, kernels::kKeypoints, 3}),
      canonical_token_(talker_->device(), Type::kFloat32, {1, kernels::kMotionSize}),
      reference_token_(talker_->device(), Type::kFloat32, {1, kernels::kMotionSize}) {
  talker_->portraits()++;
}

std::shared_ptr<Portrait> Portrait::Prepare(std::shared_ptr<Talker> talker, const PortraitOptions& options,
                                            Recording* recording) {
  std::shared_ptr<Portrait> portrait(new Portrait(std::move(talker)));
  portrait->ratios_ = options.ratios;
  portrait->photo_pixels_ = options.photo;
  const StopToken stop;
  const StreamPool::Loan stream = portrait->talker_->streams().Lend();
  portrait->RunNetworks(*stream, options, stop, recording);
  portrait->Derive(*stream, stop);
  if (recording != nullptr) portrait->Record(*stream, *recording);
  stream->Synchronise();
  return portrait;
}

void Portrait::RunNetworks(Stream& stream, const PortraitOptions& options, const StopToken& stop,
                           Recording* recording) {
  const Tensor crop = UploadCrop(stream, *talker_, options.crop);
  stages::NetworkRun(talker_->network("appearance"))
      .Input("image", crop)
      .Output("feature", feature_)
      .Run(stream, stop);
  RunMotion(stream, *talker_, Shrink(stream, *talker_, crop), canonical_, motion_, recording);
  stream.Launch(PlaceOf(options.keypoints, canonical_.f32()));
}

std::vector<float> Portrait::ReadMotion(const Talker& talker, const std::vector<std::uint8_t>& pixels) {
  const StreamPool::Loan stream = talker.streams().Lend();
  return DownloadFloats(*stream, Look(*stream, talker, pixels).motion, Crossing::kMotion);
}

Portrait::Seen Portrait::See(const Talker& talker, const std::vector<std::uint8_t>& pixels) {
  const StreamPool::Loan stream = talker.streams().Lend();
  const Sight sight = Look(*stream, talker, pixels);
  return {DownloadFloats(*stream, sight.motion, Crossing::kMotion),
          DownloadFloats(*stream, sight.keypoints, Crossing::kMotion)};
}

std::size_t Portrait::bytes() const {
  std::size_t sum = photo_pixels_ ? photo_pixels_->rgb.size() : 0;
  for (const Tensor* tensor :
       {&feature_, &canonical_, &motion_, &keypoints_, &canonical_token_, &reference_token_})
    sum += tensor->bytes();
  for (const auto& [word, tensor] : prepared_) sum += tensor.bytes();
  return sum;
}

const stages::Photo& Portrait::photo() const {
  const std::lock_guard lock(photo_mutex_);
  if (!photo_) {
    const TalkerOptions& pack = talker_->options();
    const StreamPool::Loan stream = talker_->streams().Lend();
    const stages::CropShape crop{
        {pack.width, pack.height}, pack.feather, stages::Render::HasField(talker_->networks())};
    stages::Photo photo(*stream, *photo_pixels_, crop, Crossing::kPicture);
    stream->Synchronise();
    photo_.emplace(std::move(photo));
  }
  return *photo_;
}

void Portrait::Derive(Stream& stream, const StopToken& stop) {
  stream.Launch(kernels::SourceKeypoints{motion_.f32(), canonical_.f32(), keypoints_.f32()});
  stream.Launch(kernels::CanonicalToken{canonical_.f32(), talker_->keypoints_mean().f32(),
                                        talker_->keypoints_std().f32(), canonical_token_.f32()});
  stream.Launch(kernels::Normalise{motion_.f32(), talker_->motion_mean().f32(), talker_->motion_std().f32(),
                                   reference_token_.f32(), 1, kernels::kMotionSize});
  RunOnce(stream, stop);
}

// Inputs of every frame that depend only on the portrait.
void Portrait::RunOnce(Stream& stream, const StopToken& stop) {
  const auto found = talker_->networks().find("prepare");
  if (found == talker_->networks().end()) return;
  const stages::Network& network = found->second;
  stages::NetworkRun run(network);
  if (network.has_input("feature")) run.Input("feature", feature_);
  if (network.has_input("source")) run.Input("source", keypoints_);
  for (const auto& [word, name] : network.role().outputs) {
    const auto made = prepared_.emplace(word, network.MakeOutput(talker_->device(), word)).first;
    run.Output(word, made->second);
  }
  run.Run(stream, stop);
}

void Portrait::Record(Stream& stream, Recording& recording) const {
  const Tensor rotation(talker_->device(), Type::kFloat32, {1, 3, 3});
  stream.Launch(kernels::RotationMatrix{motion_.f32(), rotation.f32()});
  recording.Add(stream, "feature", feature_);
  recording.AddDegrees(stream, motion_);
  recording.Add(stream, "rotation", rotation);
  recording.Add(stream, "x_s", keypoints_);
  recording.Add(stream, "canonical", canonical_token_);
  recording.Add(stream, "ref_frame", reference_token_);
}

std::shared_ptr<Portrait> Portrait::Restore(std::shared_ptr<Talker> talker, const Saved& saved) {
  std::shared_ptr<Portrait> portrait(new Portrait(std::move(talker)));
  if (saved.feature_dims != portrait->feature_.dims()) {
    throw Error("PORTRAIT_INVALID", "Expected a feature volume of " + DimsToText(portrait->feature_.dims()) +
                                        " for this pack but the portrait has " +
                                        DimsToText(saved.feature_dims));
  }
  portrait->ratios_ = saved.ratios;
  portrait->photo_pixels_ = saved.photo;
  const StopToken stop;
  const StreamPool::Loan stream = portrait->talker_->streams().Lend();
  UploadFloats(*stream, portrait->feature_, saved.feature, "feature");
  UploadFloats(*stream, portrait->canonical_, saved.canonical, "canonical");
  UploadFloats(*stream, portrait->motion_, saved.motion, "motion");
  portrait->Derive(*stream, stop);
  stream->Synchronise();
  return portrait;
}

Portrait::Saved Portrait::Save() const {
  const StreamPool::Loan stream = talker_->streams().Lend();
  return {feature_.dims(),
          DownloadFloats(*stream, feature_, Crossing::kPortrait),
          DownloadFloats(*stream, canonical_, Crossing::kPortrait),
          DownloadFloats(*stream, motion_, Crossing::kPortrait),
          ratios_,
          photo_pixels_};
}

}  // namespace kdtalker
