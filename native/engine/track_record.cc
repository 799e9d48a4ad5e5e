#include "engine/track_record.h"

#include <algorithm>

#include "kernels/motion.h"
#include "kernels/ring.h"

namespace kdtalker {
namespace {

using kernels::kMotionSize;

std::vector<float> DownloadRows(Stream& stream, const Tensor& track, std::int64_t first, std::int64_t count) {
  const Tensor rows(stream.shared_device(), Type::kFloat32, {count, kMotionSize});
  stream.Launch(kernels::GatherRows{track.f32(), nullptr, rows.f32(), first, count, kernels::kEveryFrame,
                                    track.dims()[0], kMotionSize});
  return DownloadFloats(stream, rows, Crossing::kMotion);
}

}  // namespace

void TrackRecord::Begin(std::int64_t first, std::int64_t last) {
  const std::lock_guard lock(mutex_);
  first_ = first;
  last_ = last;
  rows_.clear();
}

// The lock is held meanwhile: who asks wants these rows.
void TrackRecord::Add(Stream& stream, const Tensor& track, std::int64_t known) {
  const std::lock_guard lock(mutex_);
  const std::int64_t from = next(), to = std::min(known, last_);
  if (from >= to) return;
  const std::vector<float> rows = DownloadRows(stream, track, from, to - from);
  rows_.insert(rows_.end(), rows.begin(), rows.end());
}

void TrackRecord::Cut(std::int64_t frame) {
  const std::lock_guard lock(mutex_);
  if (frame >= next()) return;
  rows_.resize(static_cast<std::size_t>(std::max<std::int64_t>(frame - first_, 0) * kMotionSize));
}

std::vector<float> TrackRecord::Rows(std::int64_t first, std::int64_t count) const {
  const std::lock_guard lock(mutex_);
  if (first < first_ || first + count > next()) return {};
  const auto begin = rows_.begin() + (first - first_) * kMotionSize;
  return {begin, begin + count * kMotionSize};
}

std::int64_t TrackRecord::next() const {
  return first_ + static_cast<std::int64_t>(rows_.size()) / kMotionSize;
}

}  // namespace kdtalker
