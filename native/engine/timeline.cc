#include "engine/timeline.h"

#include <algorithm>
#include <utility>

#include "core/error.h"
#include "kernels/denormalise.h"
#include "kernels/keypoints.h"
#include "kernels/region.h"
#include "kernels/rest_lips.h"
#include "kernels/smooth.h"
#include "stages/silence.h"

namespace kdtalker {

using kernels::kMotionSize;

namespace {

// Own blinks come about every 3.6 s, the mean interval of a resting person (Bentivoglio et al. 1997 give 17 a
// minute).
constexpr float kBlinkPeriod = 3.6F;  // seconds

kernels::Blink BlinkOf(const TalkerOptions& pack, const RunOptions& options) {
  kernels::Blink blink{};
  blink.mode = options.blink;
  blink.period = kBlinkPeriod * static_cast<float>(pack.fps);
  blink.seed = options.seed;
  blink.length = static_cast<std::int32_t>(pack.blink_template.size());
  std::copy(pack.blink_template.begin(), pack.blink_template.end(), blink.shape);
  std::copy(pack.blink_direction.begin(), pack.blink_direction.end(), blink.direction);
  return blink;
}

// One row for all frames or one for each.
void CheckRows(const std::vector<float>& values, std::int64_t width, std::int64_t frames, const char* name) {
  const auto count = static_cast<std::int64_t>(values.size());
  if (count == 0 || count == width || count == frames * width) return;
  throw Error("INVALID_ARGUMENT", "Expected " + std::to_string(frames * width) + " values, " +
                                      std::to_string(width) + " for each frame, for " + name +
                                      " but received " + std::to_string(count));
}

void CheckFrames(const RunOptions& options, std::int64_t frames) {
  CheckRows(options.edits, kMotionSize, frames, "edit");
  CheckRows(options.retargeting.eyes, 1, frames, "eyes");
  CheckRows(options.retargeting.lips, 1, frames, "lips");
}

Tensor UploadRows(Stream& stream, const std::vector<float>& values) {
  if (values.empty()) return {};
  Tensor rows(stream.shared_device(), Type::kFloat32,
              {static_cast<std::int64_t>(values.size()) / kMotionSize, kMotionSize});
  rows.UploadNow(stream, values.data(), Crossing::kMotion);
  return rows;
}

}  // namespace

Timeline::Timeline(Stream& stream, std::shared_ptr<Portrait> portrait, const RunOptions& options,
                   std::int64_t frames, const Tensor* mel)
    : Timeline(stream, std::move(portrait), options, Size{frames, frames, 1, kernels::kSmoothMaxLag}) {
  if (mel != nullptr && options_.silence)
    gate_ =
        stages::FindSilence(stream, *mel, frames, portrait_->talker()->options().fps, options_.silence->rule);
}

Timeline::Timeline(Stream& stream, std::shared_ptr<Portrait> portrait, const RunOptions& options, Last last)
    : Timeline(stream, std::move(portrait), options,
               Size{kernels::kEveryFrame, last.rows, last.rows, options.stream->ahead}) {
  if (options_.silence) gate_ = Tensor(portrait_->talker()->device(), Type::kFloat32, {rows_});
}

Timeline::Timeline(Stream& stream, std::shared_ptr<Portrait> portrait, const RunOptions& options,
                   const Size& size)
    : portrait_(std::move(portrait)),
      options_(options),
      frames_(size.frames),
      rows_(size.rows),
      states_(size.states),
      smoothing_(portrait_->talker()->options().process_variance,
                 portrait_->talker()->options().observation_variance, options.smoothing, size.lag),
      raw_(portrait_->talker()->device(), Type::kFloat32, {rows_, kMotionSize}),
      motion_(portrait_->talker()->device(), Type::kFloat32, {rows_, kMotionSize}),
      reference_(portrait_->talker()->device(), Type::kFloat32, {kMotionSize}),
      smooth_state_(portrait_->talker()->device(), Type::kUint8,
                    {states_ * kMotionSize * static_cast<std::int64_t>(sizeof(kernels::SmoothState))}),
      rest_(portrait_->talker()->device(), Type::kFloat32, {kMotionSize}) {
  CheckFrames(options_, frames_);
  edits_ = UploadRows(stream, options_.edits);
}

// The rows are contiguous, except where the buffer ends.
void Timeline::AppendNormalised(Stream& stream, const Tensor& motion, std::int64_t count,
                                std::int64_t provisional) {
  const Talker& talker = *portrait_->talker();
  const std::int64_t given = count + provisional;
  for (std::int64_t done = 0; done < given;) {
    const std::int64_t row = (known_ + done) % rows_, here = std::min(given - done, rows_ - row);
    stream.Launch(kernels::Denormalise{motion.f32() + done * kMotionSize, talker.motion_mean().f32(),
                                       talker.motion_std().f32(), raw_.f32() + row * kMotionSize, here,
                                       kMotionSize});
    done += here;
  }
  known_ += count;
  Advance(stream, provisional);
}

void Timeline::Cut(std::int64_t frame) {
  known_ = ready_ = frame;
}

void Timeline::UploadMotion(Stream& stream, const std::vector<float>& motion) {
  if (motion.size() != static_cast<std::size_t>(raw_.count())) {
    throw Error("MOTION_INVALID", "Expected " + DimsToText(raw_.dims()) + " values of motion but received " +
                                      std::to_string(motion.size()));
  }
  raw_.UploadNow(stream, motion.data(), Crossing::kMotion);
  known_ = frames_;
  Advance(stream, 0);
}

void Timeline::Advance(Stream& stream, std::int64_t provisional) {
  const std::int64_t seen = known_ + provisional;
  const std::int64_t last = std::min(known_, smoothing_.FinalFrames(seen, frames_));
  if (last == ready_) return;
  stream.Launch(smoothing_.Kernel(raw_.f32(), motion_.f32(),
                                  static_cast<kernels::SmoothState*>(smooth_state_.address()), ready_, last,
                                  seen, rows_, states_));
  if (ready_ == 0) KeepReference(stream);
  Rest(stream, last);
  stream.Launch(Edit(last));
  ready_ = last;
}

// Relative mode compares every frame with the clip's first one before the user's offsets. Numbers at rest
// have the portrait's own motion; in relative mode that of the first frame.
void Timeline::KeepReference(Stream& stream) {
  const Tensor& rest = options_.relative ? motion_ : portrait_->motion();
  CopyTensor(stream, rest_, rest);
  CopyTensor(stream, reference_, motion_);
  stream.Launch(Edit(1).Reference(reference_.f32()));
}

// Before the user's edits, which are added on top of the rest position.
void Timeline::Rest(Stream& stream, std::int64_t last) {
  if (options_.region)
    stream.Launch(kernels::TakeRegion{motion_.f32(), rest_.f32(), ready_, last, *options_.region, rows_});
  if (gate_) {
    stream.Launch(kernels::RestLips{motion_.f32(), rest_.f32(), gate_.f32(), ready_, last,
                                    options_.silence->lips, rows_});
  }
}

kernels::FrameEdits Timeline::edits() const {
  return edits_ ? kernels::FrameEdits{edits_.f32(), edits_.dims()[0]} : kernels::FrameEdits{};
}

kernels::EditMotion Timeline::Edit(std::int64_t last) const {
  const auto& offset = options_.pose_offset;
  return {motion_.f32(),
          portrait_->motion().f32(),
          ready_,
          last,
          options_.pose_scale,
          offset[0],
          offset[1],
          offset[2],
          options_.expression_scale,
          BlinkOf(portrait_->talker()->options(), options_),
          edits(),
          rows_,
          clock_};
}

void Timeline::Keypoints(Stream& stream, std::int64_t first, std::int64_t last, const Portrait& portrait,
                         bool relative, float* out) const {
  const float* source = portrait.motion().f32();
  const float* canonical = portrait.canonical().f32();
  if (relative) {
    stream.Launch(kernels::RelativeKeypoints{motion_.f32(), source, reference_.f32(), canonical, out, first,
                                             last, rows_});
  } else {
    stream.Launch(
        kernels::AbsoluteKeypoints{motion_.f32(), source, canonical, out, first, last, edits(), rows_});
  }
}

std::vector<float> Timeline::DownloadMotion(Stream& stream) const {
  return DownloadFloats(stream, motion_, Crossing::kMotion);
}
std::vector<float> Timeline::DownloadRaw(Stream& stream) const {
  return DownloadFloats(stream, raw_, Crossing::kMotion);
}

}  // namespace kdtalker
