#include "engine/sampler.h"

#include <algorithm>

namespace kdtalker {
namespace {

// Streams of other hops, and clips of other steps, use the same sampler.
constexpr std::size_t kMostKept = 3;

// Brings the first to be what the predicate looks for. False if there is none.
template <class List, class Is>
bool ToFront(List& list, Is is) {
  const auto found = std::find_if(list.begin(), list.end(), is);
  if (found == list.end()) return false;
  list.splice(list.begin(), list, found);
  return true;
}

}  // namespace

Sampler::Sampler(Talker& talker, const Lengths& lengths)
    : talker_(talker), lengths_(lengths), networks_(talker.model().NetworksFor(lengths)) {
  if (!talker.device()->asynchronous()) return;
  copy_.emplace(talker.device(), networks_, lengths.window);
  sample_.emplace(networks_, *copy_);
}

stages::AudioFeatures& Sampler::Encoder(std::int64_t frames) {
  const stages::Network* taking = talker_.model().Taking("audio", frames);
  const stages::Network& audio = taking != nullptr ? *taking : stages::RoleOf(networks_, "audio");
  const std::int64_t wanted = taking != nullptr ? frames : audio.input("mel").dims.front();
  if (ToFront(encoders_, [wanted](const auto& each) { return each.window() == wanted; }))
    return encoders_.front();
  if (encoders_.size() == kMostKept) encoders_.pop_back();
  return encoders_.emplace_front(audio, talker_.device(), wanted, talker_.options().fps);
}

stages::ConditionRows& Sampler::Conditions(std::int64_t frames) {
  if (ToFront(conditions_, [frames](const auto& each) { return each.rows() == frames; }))
    return conditions_.front();
  if (conditions_.size() == kMostKept) conditions_.pop_back();
  const std::int64_t features = stages::RoleOf(networks_, "audio").output("feature").dims.back();
  return conditions_.emplace_front(*talker_.model().Taking("condition", frames), talker_.device(), frames,
                                   features);
}

void Sampler::Step(Stream& stream, const Work& work, std::size_t step) {
  if (!sample_) sample_.emplace(networks_, work.draft);
  if (shown_ != work.id) sample_->Show(work.draft);
  shown_ = work.id;
  if (step == 0 && !work.draft.conditioned) sample_->Condition(stream, work.stop);
  sample_->Step(stream, *work.steps, step, work.held, work.stop);
}

void Sampler::Window(Stream& stream, const Work& work) {
  const stages::Draft& draft = work.draft;
  if (draft.conditioned) {
    CopyTensor(stream, copy_->condition, draft.condition);
  } else {
    CopyTensor(stream, copy_->features, draft.features);
  }
  CopyTensor(stream, copy_->canonical, draft.canonical);
  CopyTensor(stream, copy_->reference, draft.reference);
  CopyTensor(stream, copy_->motion, draft.motion);
  CopyTensor(stream, copy_->key, draft.key);
  if (work.held != nullptr) {
    AllSteps(stream, work);
  } else {
    RepeatOf(work).Run(stream, [&] { AllSteps(stream, work); });
  }
  CopyTensor(stream, draft.motion, copy_->motion);
}

Repeat& Sampler::RepeatOf(const Work& work) {
  const auto same = [&work](const Repeated& each) {
    return each.steps == work.steps && each.conditioned == work.draft.conditioned;
  };
  if (!ToFront(repeated_, same)) {
    if (repeated_.size() == kMostKept) repeated_.pop_back();
    repeated_.push_front({work.steps, work.draft.conditioned, {}});
  }
  return repeated_.front().repeat;
}

void Sampler::AllSteps(Stream& stream, const Work& work) {
  if (!work.draft.conditioned) sample_->Condition(stream, work.stop);
  for (std::size_t i = 0; i < work.steps->count(); i++)
    sample_->Step(stream, *work.steps, i, work.held, work.stop);
}

}  // namespace kdtalker
