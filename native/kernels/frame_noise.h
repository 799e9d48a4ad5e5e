// The initial noise of a stream, by absolute frame: windows that overlap begin alike, and it does not matter
// where a window begins. The noise of a clip's window w is that of its own counter (FillNormal); only the
// first window's is the same here.
#pragma once

#include "kernels/motion.h"
#include "kernels/normal.h"

namespace kdtalker::kernels {

struct FrameNoise {
  float* out;          // [frames, 70]
  std::int64_t first;  // may be below 0
  std::int64_t frames;
  std::uint64_t seed;

  // A block of four normals may begin in the row before the first.
  KDT_HOST_DEVICE std::int64_t count() const { return frames * kMotionSize / 4 + 2; }

  KDT_HOST_DEVICE void operator()(std::int64_t i) const {
    const std::int64_t begin = first * kMotionSize;
    const std::int64_t block = (begin - RowOf(begin, 4)) / 4 + i;
    const std::uint64_t number = static_cast<std::uint64_t>(block);
    const PhiloxBlock words =
        Philox({{static_cast<std::uint32_t>(number), static_cast<std::uint32_t>(number >> 32), 0,
                 static_cast<std::uint32_t>(NoisePurpose::kInitial)}},
               seed);
    float normals[4];
    BoxMuller(words.word[0], words.word[1], normals);
    BoxMuller(words.word[2], words.word[3], normals + 2);
    for (std::int64_t k = 0; k < 4; k++) {
      const std::int64_t at = 4 * block + k - begin;
      if (at >= 0 && at < frames * kMotionSize) out[at] = normals[k];
    }
  }
};

}  // namespace kdtalker::kernels
