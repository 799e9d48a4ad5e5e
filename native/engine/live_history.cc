#include "engine/live_history.h"

#include <algorithm>

#include "kernels/ring.h"

namespace kdtalker {

using kernels::kMotionSize;

LiveHistory::LiveHistory(const std::shared_ptr<Device>& device, std::int64_t pieces, std::int64_t rows)
    : pieces_(static_cast<std::size_t>(pieces), Piece{0, 0, {.voice = HeardVoice(1)}}),
      tracks_(device, Type::kFloat32, {pieces, rows, kMotionSize}) {}

float* LiveHistory::RowsOf(std::int64_t number) const {
  return tracks_.f32() + number % tracks_.dims()[0] * tracks_.dims()[1] * kMotionSize;
}

void LiveHistory::Keep(Stream& stream, const Tensor& track, std::int64_t first, const LiveState& state) {
  last_++;
  count_ = std::min(count_ + 1, tracks_.dims()[0]);
  At(last_) = {first, state.decided, state};
  stream.Launch(kernels::GatherRows{track.f32(), nullptr, RowsOf(last_), first, tracks_.dims()[1],
                                    kernels::kEveryFrame, track.dims()[0], kMotionSize});
}

void LiveHistory::GoBack(Stream& stream, const Tensor& track, std::int64_t frame, LiveState& state) {
  const auto decided = [this, frame](std::int64_t number) {
    return At(number).first < frame && frame <= At(number).last;
  };
  std::int64_t number = last_;
  while (number > last_ - count_ && !decided(number)) number--;
  if (number == last_ - count_) return;
  count_ -= last_ - number;
  last_ = number;
  Piece& piece = At(number);
  piece.last = frame;  // frames behind it are others from now on
  state = piece.state;
  const std::int64_t stay = frame - piece.first, rows = tracks_.dims()[1] - stay;
  stream.Launch(kernels::ScatterRows{RowsOf(number) + stay * kMotionSize, track.f32(), frame, rows, rows,
                                     track.dims()[0], kMotionSize});
}

}  // namespace kdtalker
