#include "engine/live_speech.h"

#include <algorithm>

#include "core/error.h"
#include "kernels/motion.h"
#include "kernels/windows.h"

namespace kdtalker {
namespace {

using kernels::kEveryFrame;
using kernels::kMelBands;
using kernels::kSilentMel;

// The sample at 16 kHz with which a frame begins.
std::int64_t FirstSample(std::int64_t frame, int fps) {
  return frame * stages::kSpeechRate / fps;
}

std::int64_t RowsOf(const std::vector<float>& columns) {
  return static_cast<std::int64_t>(columns.size()) / kMelBands;
}

}  // namespace

// Zeros lead from the grid to the first sample.
LiveSpeech::Stretch::Stretch(int sample_rate, int fps, std::int64_t first_frame)
    : resampler(sample_rate),
      builder(fps, stages::MelBuilder::Ends::kNever),
      frame(first_frame),
      column(FirstSample(first_frame, fps) / stages::kMelHop) {
  const std::vector<float> lead(
      static_cast<std::size_t>(FirstSample(first_frame, fps) - column * stages::kMelHop), 0.0F);
  builder.Push(lead.data(), lead.size());
}

LiveSpeech::LiveSpeech(int sample_rate, int fps) : sample_rate_(sample_rate), fps_(fps), end_(kEveryFrame) {
  stretch_.emplace(sample_rate, fps, 0);
}

void LiveSpeech::Push(const float* samples, std::size_t count) {
  const std::lock_guard lock(mutex_);
  if (ended_) throw Error("CLOSED", "Expected speech that has not ended but received more samples after it");
  Hear(samples, count);
  Publish();
}

// The columns around the end read silence behind it.
void LiveSpeech::End() {
  const std::lock_guard lock(mutex_);
  if (ended_) return;
  ended_ = true;
  resampled_.clear();
  stretch_->resampler.Flush(resampled_);
  resampled_.resize(resampled_.size() + stages::kSpeechRate / 10, 0.0F);
  stretch_->builder.Push(resampled_.data(), resampled_.size());
  Append();
  Publish();
}

void LiveSpeech::Restart(std::int64_t frame, std::int64_t silent) {
  const std::lock_guard lock(mutex_);
  stretch_.emplace(sample_rate_, fps_, frame);
  first_ = std::min(first_, stretch_->column);
  const auto left = static_cast<std::size_t>((stretch_->column - first_) * kMelBands);
  kept_.resize(left, kSilentMel);
  restarts_++;
  const std::vector<float> silence(static_cast<std::size_t>(silent * sample_rate_ / fps_), 0.0F);
  Hear(silence.data(), silence.size());
  Publish();
}

void LiveSpeech::Take(std::int64_t restarts, std::int64_t first, std::int64_t last, float* out) {
  const std::lock_guard lock(mutex_);
  if (restarts != restarts_) return std::fill(out, out + (last - first) * kMelBands, kSilentMel);
  const std::int64_t used = std::min(first - first_, RowsOf(kept_));
  kept_.erase(kept_.begin(), kept_.begin() + used * kMelBands);
  first_ += used;
  const std::int64_t there = std::clamp<std::int64_t>(RowsOf(kept_) - (first - first_), 0, last - first);
  std::copy_n(kept_.begin(), there * kMelBands, out);
  std::fill(out + there * kMelBands, out + (last - first) * kMelBands, kSilentMel);
}

void LiveSpeech::Hear(const float* samples, std::size_t count) {
  resampled_.clear();
  stretch_->resampler.Push(samples, count, resampled_);
  stretch_->builder.Push(resampled_.data(), resampled_.size());
  stretch_->samples += static_cast<std::int64_t>(count);
  Append();
}

void LiveSpeech::Append() {
  const stages::GrowingFloats added = stretch_->builder.Take();
  kept_.insert(kept_.end(), added.data(), added.data() + added.size());
}

void LiveSpeech::Publish() {
  columns_ = ended_ ? kEveryFrame : first_ + RowsOf(kept_);
  end_ = ended_ ? frames() : kEveryFrame;
}

std::int64_t LiveSpeech::frames() const {
  return stretch_->frame + stretch_->samples * fps_ / sample_rate_;
}

}  // namespace kdtalker
