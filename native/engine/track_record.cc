#include "engine/track_record.h"

#include <algorithm>
#include <utility>

#include "kernels/motion.h"
#include "kernels/ring.h"

namespace kdtalker {

using kernels::kMotionSize;

void TrackRecord::Begin(std::int64_t first, std::int64_t last) {
  std::vector<float> rows;
  rows.reserve(static_cast<std::size_t>(std::max<std::int64_t>(last - first, 0) * kMotionSize));
  const std::lock_guard lock(mutex_);
  first_ = first;
  last_ = last;
  rows_ = std::move(rows);
}

// A track that has lost the first of them has nothing to copy.
void TrackRecord::Copy(Stream& stream, const Tensor& track, std::int64_t known) {
  std::int64_t from = 0, to = 0;
  {
    const std::lock_guard lock(mutex_);
    from = next();
    to = std::min(known, last_);
  }
  if (from >= to || from < known - track.dims()[0]) return;
  if (!gathered_) {
    gathered_ = Tensor(stream.shared_device(), Type::kFloat32, track.dims());
    copied_ = stream.device().MakeHostBuffer(gathered_.bytes());
  }
  copied_first_ = from;
  copied_count_ = to - from;
  stream.Launch(kernels::GatherRows{track.f32(), nullptr, gathered_.f32(), from, copied_count_,
                                    kernels::kEveryFrame, track.dims()[0], kMotionSize});
  const auto bytes = static_cast<std::size_t>(copied_count_ * kMotionSize) * sizeof(float);
  stream.Download(copied_, gathered_.f32(), bytes, Crossing::kMotion);
}

// Unless others are wanted meanwhile: the next call copies these.
void TrackRecord::Keep() {
  const std::int64_t count = std::exchange(copied_count_, 0);
  const auto* rows = static_cast<const float*>(copied_.data());
  const std::lock_guard lock(mutex_);
  if (copied_first_ != next()) return;
  const std::int64_t kept = std::clamp<std::int64_t>(last_ - copied_first_, 0, count);
  rows_.insert(rows_.end(), rows, rows + kept * kMotionSize);
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
