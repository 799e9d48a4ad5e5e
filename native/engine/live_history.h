#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "core/stream.h"
#include "core/tensor.h"
#include "engine/heard_voice.h"
#include "kernels/motion.h"

namespace kdtalker {

// Where the sampling of a stream stands, beside its track.
struct LiveState {
  std::int64_t decided = 0;                  // frames
  std::int64_t planned = 0;                  // frames that plans cover
  std::int64_t plan_first = 0;               // the first of the last plan
  bool plan_speaks = false;                  // what that one took the rest to be
  std::int64_t plan_heard = 0;               // and how many frames it had heard
  bool plan_cut = false;                     // its beginning was taken back
  std::int64_t join = kernels::kEveryFrame;  // from where the motion goes over to a loop
  HeardVoice voice;
};

// Where a stream stood after each of its last pieces. An interruption goes on from the piece that decided the
// last frame that stays, so that what follows does not depend on how many were made since.
class LiveHistory {
 public:
  // So many pieces are kept, each with so many rows of the track.
  LiveHistory(const std::shared_ptr<Device>& device, std::int64_t pieces, std::int64_t rows);

  // A piece decided frames [first, state.decided); the track [rows, 70] may change from `first` on.
  void Keep(Stream& stream, const Tensor& track, std::int64_t first, const LiveState& state);

  // Where it stood when frame - 1 was decided, and from `frame` on the track; later pieces are forgotten. If
  // that is too long ago, nothing changes.
  void GoBack(Stream& stream, const Tensor& track, std::int64_t frame, LiveState& state);

  void Clear() { count_ = 0; }

 private:
  struct Piece {
    std::int64_t first, last;  // it decided frames [first, last)
    LiveState state;
  };
  Piece& At(std::int64_t number) { return pieces_[static_cast<std::size_t>(number) % pieces_.size()]; }
  float* RowsOf(std::int64_t number) const;

  std::vector<Piece> pieces_;  // a ring by number
  std::int64_t last_ = -1, count_ = 0;
  Tensor tracks_;  // [pieces, rows, 70], from the first frame of each on
};

}  // namespace kdtalker
