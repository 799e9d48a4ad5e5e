#pragma once

#include <cstdint>
#include <vector>

#include "kernels/edit.h"

namespace kdtalker {

// Where the idle life of a stream goes over into a loop, whose frames are shown without being made again.
// Motion is [frames, 70], normalised, as it was decided.
struct LoopJoin {
  std::int64_t frame = 0;     // the first of kJoinFrames
  std::vector<float> motion;  // of the loop in these frames and behind them
  std::int64_t clock = 0;     // added to the number of a frame behind them: that of its blinks
};

// What was shown of a loop before a stream goes on.
struct LoopPast {
  std::vector<float> motion;  // of the frames before
  kernels::BlinkClock clock;  // of those that follow

  explicit operator bool() const { return !motion.empty(); }
};

}  // namespace kdtalker
