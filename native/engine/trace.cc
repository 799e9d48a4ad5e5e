#include "engine/trace.h"

#include <algorithm>
#include <string>
#include <utility>

#include "core/activity.h"
#include "core/error.h"
#include "kernels/keypoints.h"
#include "kernels/motion.h"
#include "stages/sample.h"

namespace kdtalker {
namespace {

using kernels::kKeypoints;
using kernels::kMotionSize;

void CheckFrames(const std::vector<std::int64_t>& frames, std::int64_t count) {
  const auto wrong = std::find_if(frames.begin(), frames.end(),
                                  [count](std::int64_t frame) { return frame < 0 || frame >= count; });
  if (wrong == frames.end()) return;
  throw Error("INVALID_ARGUMENT", "Expected frames from 0 to " + std::to_string(count - 1) +
                                      " for the trace but received " + std::to_string(*wrong));
}

// The noise of all windows [windows, window, 70] on the device: the given noise, which may have more windows
// than needed, or that of the seed.
Tensor MakeNoise(Stream& stream, const TraceOptions& options, std::int64_t frames) {
  const std::int64_t window = options.run.window, windows = (frames + window - 1) / window;
  Tensor noise(stream.shared_device(), Type::kFloat32, {windows, window, kMotionSize});
  if (options.noise.empty()) {
    const std::int64_t count = window * kMotionSize;
    for (std::int64_t i = 0; i < windows; i++) {
      stages::Draft::FillNoise(stream, noise.f32() + i * count, count, options.run.seed,
                               static_cast<std::uint32_t>(i));
    }
    return noise;
  }
  if (static_cast<std::int64_t>(options.noise.size()) < noise.count()) {
    throw Error("INVALID_ARGUMENT", "Expected " + std::to_string(noise.count()) +
                                        " values of noise for this speech but received " +
                                        std::to_string(options.noise.size()));
  }
  noise.UploadNow(stream, options.noise.data(), Crossing::kTrace);
  return noise;
}

// Copies the first `count` rows of one window to the rows from `first` on of the whole.
void CopyRows(Stream& stream, const Tensor& window, const Tensor& whole, std::int64_t first,
              std::int64_t count) {
  const std::int64_t width = whole.dims()[1];
  stream.Copy(whole.f32() + first * width, window.address(),
              static_cast<std::size_t>(count * width) * sizeof(float));
}

}  // namespace

Trace::Trace(std::shared_ptr<Talker> talker, PortraitOptions picture, std::shared_ptr<Speech> speech,
             TraceOptions options)
    : talker_(std::move(talker)),
      picture_(std::move(picture)),
      speech_(std::move(speech)),
      options_(std::move(options)) {
  if (speech_->device() != talker_->device())
    throw Error("INVALID_ARGUMENT",
                "Expected speech of this talker for a trace but received that of another talker");
  if (speech_->frames() == 0)
    throw Error("INVALID_ARGUMENT", "Expected finished speech for a trace but received speech that is not");
  CheckFrames(options_.frames, speech_->frames());
}

std::optional<Recording> Trace::Next() {
  const Activity activity([this] { Stop(); });
  const std::lock_guard lock(mutex_);
  if (failed_ != nullptr) std::rethrow_exception(failed_);
  try {
    return Work();
  } catch (...) {
    failed_ = std::current_exception();
    throw;
  }
}

std::optional<Recording> Trace::Work() {
  stop_.ThrowIfStopped();
  if (portrait_ == nullptr) return Begin();
  if (timeline_->known() < speech_->frames()) return Window();
  if (frames_done_ < options_.frames.size()) return Frame(options_.frames[frames_done_++]);
  return std::nullopt;
}

Recording Trace::Begin() {
  Recording recording;
  const auto& device = talker_->device();
  const std::int64_t frames = speech_->frames();
  stream_ = device->MakeStream();
  Tensor noise = MakeNoise(*stream_, options_, frames);
  recording.Add(*stream_, "noise", noise);
  recording.AddTransposed(*stream_, "mel", speech_->mel());
  portrait_ = Portrait::Prepare(talker_, picture_, &recording);
  timeline_.emplace(*stream_, portrait_, options_.run, frames, &speech_->mel());
  sampler_.emplace(*stream_, portrait_, speech_, options_.run, std::move(noise));
  features_ = Tensor(device, Type::kFloat32, {frames, sampler_->features().dims().back()});
  normalised_ = Tensor(device, Type::kFloat32, {frames, kMotionSize});
  return recording;
}

Recording Trace::Window() {
  Recording recording;
  const std::int64_t first = timeline_->known();
  sampler_->Window(*timeline_, stop_);
  CopyRows(*stream_, sampler_->features(), features_, first, timeline_->known() - first);
  CopyRows(*stream_, sampler_->motion(), normalised_, first, timeline_->known() - first);
  if (timeline_->known() == timeline_->frames()) RecordMotion(recording);
  return recording;
}

void Trace::RecordMotion(Recording& recording) const {
  recording.Add(*stream_, "features", features_);
  recording.Add(*stream_, "motion_normalised", normalised_);
  recording.AddParts(*stream_, "denorm_", timeline_->raw());
  recording.AddParts(*stream_, "smooth_", timeline_->motion(), false);  // the scale is not smoothed
  const std::int64_t frames = timeline_->frames();
  const Tensor keypoints(talker_->device(), Type::kFloat32, {frames, kKeypoints, 3});
  timeline_->Keypoints(*stream_, 0, frames, *portrait_, false, keypoints.f32());
  recording.Add(*stream_, "x_d", keypoints);
  timeline_->Keypoints(*stream_, 0, frames, *portrait_, true, keypoints.f32());
  recording.Add(*stream_, "x_d_relative", keypoints);
}

Recording Trace::Frame(std::int64_t frame) {
  Recording recording;
  if (!render_) {
    driving_ = Tensor(talker_->device(), Type::kFloat32, {1, kKeypoints, 3});
    retarget_.emplace(talker_->networks(), portrait_->keypoints(), driving_, true);
    render_.emplace(talker_->networks(), portrait_->render_source(), driving_, true);
  }
  const stages::Retargeting& wanted = options_.run.retargeting;
  const Tensor& given = retarget_->Begin(wanted, portrait_->ratios());
  timeline_->Keypoints(*stream_, frame, frame + 1, *portrait_, timeline_->relative(), given.f32());
  retarget_->Run(*stream_, frame, wanted, portrait_->ratios(), stop_);
  render_->Run(*stream_, stop_);
  std::string suffix = "_";
  suffix += std::to_string(frame);  // one sum of both makes GCC 12 warn of an overlap
  for (const auto& [name, tensor] : retarget_->between()) recording.Add(*stream_, name + suffix, *tensor);
  for (const auto& [name, tensor] : render_->between()) recording.Add(*stream_, name + suffix, tensor);
  recording.Add(*stream_, "image" + suffix, render_->image());
  return recording;
}

}  // namespace kdtalker
