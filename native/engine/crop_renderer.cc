#include "engine/crop_renderer.h"

namespace kdtalker {
namespace {

const std::map<std::string, Tensor> kNothingPrepared;

}  // namespace

CropRenderer::CropRenderer(Talker& talker, const Portrait& like, bool exact)
    : networks_(exact ? talker.exact_networks() : talker.networks()),
      exact_(exact),
      driving_(talker.device(), Type::kFloat32, like.keypoints().dims()),
      keypoints_(talker.device(), Type::kFloat32, like.keypoints().dims()),
      retarget_(networks_, keypoints_, driving_) {
  if (talker.device()->asynchronous()) MakeCopies(like.render_source());
  render_.emplace(networks_, SourceOf(like), driving_, false, &talker.clock());
}

void CropRenderer::MakeCopies(const stages::Render::Source& like) {
  const auto make = [this](const Tensor& tensor) {
    return Tensor(driving_.shared_device(), tensor.type(), tensor.dims());
  };
  feature_ = make(like.feature);
  if (exact_) return;
  for (const auto& [word, tensor] : like.prepared) prepared_.emplace(word, make(tensor));
}

// Networks in float32 are whole: nothing of them runs once for a portrait.
stages::Render::Source CropRenderer::SourceOf(const Portrait& portrait) const {
  if (feature_) return {feature_, keypoints_, prepared_};
  return {portrait.feature(), keypoints_, exact_ ? kNothingPrepared : portrait.render_source().prepared};
}

void CropRenderer::Run(Stream& stream, const Frame& frame, const StopToken& stop) {
  const std::vector<float>& ratios = frame.portrait.ratios();
  const Tensor& given = retarget_.Begin(frame.retargeting, ratios);
  Show(stream, frame.portrait);
  const bool relative = frame.timeline.relative();
  frame.timeline.Keypoints(stream, frame.frame, frame.frame + 1, frame.portrait, relative, given.f32());
  retarget_.Run(stream, frame.frame, frame.retargeting, ratios, stop);
  if (frame.moves) {
    render_->RunField(stream, stop);
  } else {
    render_->Run(stream, stop);
  }
}

void CropRenderer::Show(Stream& stream, const Portrait& portrait) {
  if (portrait.id() == shown_) return;
  shown_ = 0;
  if (feature_) {
    Copy(stream, portrait.render_source());
  } else {
    render_->Show(SourceOf(portrait));
  }
  CopyTensor(stream, keypoints_, portrait.keypoints());
  shown_ = portrait.id();
}

void CropRenderer::Copy(Stream& stream, const stages::Render::Source& from) {
  CopyTensor(stream, feature_, from.feature);
  for (const auto& [word, tensor] : prepared_) CopyTensor(stream, tensor, from.prepared.at(word));
}

}  // namespace kdtalker
