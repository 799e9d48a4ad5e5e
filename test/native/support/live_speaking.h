// What the tests of live speech have in common: the options of a stream, and what it hears.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "support/stage.h"

namespace stage {

using Floats = std::vector<float>;

// The puppet's lips: keypoints 6, 12, 14, 17, 19 and 20.
inline kernels::MotionMask Lips() {
  kernels::MotionMask mask{};
  for (const int keypoint : {6, 12, 14, 17, 19, 20})
    for (int axis = 0; axis < 3; axis++) mask.of[7 + 3 * keypoint + axis] = 1;
  return mask;
}

inline RunOptions Options(int hop = 4, int ahead = 2) {
  RunOptions options;
  options.seed = 3;
  options.steps = 2;
  options.stream = StreamOptions{hop, ahead, 3, 4, Lips()};
  options.silence = SilenceOptions{{-30, 6, -80, 8, 8, 4}, Lips()};
  return options;
}

inline Floats SwellingTone(std::int64_t frames) {
  Floats samples(static_cast<std::size_t>(640 * frames));
  for (std::size_t i = 0; i < samples.size(); i++) {
    const double t = static_cast<double>(i) / 16000.0;
    samples[i] = static_cast<float>(0.4 * std::sin(2764.6 * t) * std::sin(12.0 * t));
  }
  return samples;
}

}  // namespace stage
