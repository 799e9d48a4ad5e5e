// What a stream's sampler knows of its window before it samples (docs/streams.md): all numbers of frames
// that are decided, and the slow ones (everything but the lips) of frames that a plan covers. Before each
// step the known entries are set to what noise of this step makes of them,
//   x = sqrt(a) y + sqrt(1 - a) z,
// so that the denoiser continues them.
#pragma once

#include "kernels/kernel.h"
#include "kernels/motion.h"
#include "kernels/region.h"
#include "kernels/smooth_step.h"

namespace kdtalker::kernels {

struct Knowledge {
  std::int64_t first;    // the window's first frame
  std::int64_t frames;   // of the window
  std::int64_t decided;  // frames before this one are known
  std::int64_t planned;  // slow numbers of frames before this one are known
  std::int64_t rows;     // of the track
  MotionMask fast;

  KDT_HOST_DEVICE bool Has(std::int64_t frame, std::int64_t c) const {
    return frame < decided || (fast.of[c] == 0 && frame < planned);
  }
};

struct HoldKnown {
  float* x;            // [frames, 70], in place
  const float* track;  // [rows, 70], y: normalised motion
  const float* noise;  // [frames, 70], z: what the window began with
  Knowledge known;
  float sqrt_alpha;  // of this step
  float sqrt_beta;   // sqrt(1 - a)

  KDT_HOST_DEVICE std::int64_t count() const { return known.frames * kMotionSize; }

  KDT_HOST_DEVICE void operator()(std::int64_t i) const {
    const std::int64_t frame = known.first + i / kMotionSize, c = i % kMotionSize;
    if (!known.Has(frame, c)) return;
    x[i] = sqrt_alpha * track[RowOf(frame, known.rows) * kMotionSize + c] + sqrt_beta * noise[i];
  }
};

// Writes what was sampled, and not known, to the track.
struct KeepSampled {
  const float* x;  // [frames, 70]
  float* track;    // [rows, 70]
  Knowledge known;

  KDT_HOST_DEVICE std::int64_t count() const { return known.frames * kMotionSize; }

  KDT_HOST_DEVICE void operator()(std::int64_t i) const {
    const std::int64_t frame = known.first + i / kMotionSize, c = i % kMotionSize;
    if (!known.Has(frame, c)) track[RowOf(frame, known.rows) * kMotionSize + c] = x[i];
  }
};

// A plan that is sampled again takes the place of what is left of it, from frame `decided` on: slow numbers
// follow its course at the distance that the frames before leave between them. The distance has two shares,
// of which one is kept for long (the head must not swing back) and one takes up the difference in speed, so
// that neither place nor speed jumps.
struct FollowPlan {
  const float* x;  // [frames, 70]
  float* track;    // [rows, 70]
  Knowledge known;

  KDT_HOST_DEVICE std::int64_t count() const { return kMotionSize; }

  KDT_HOST_DEVICE void operator()(std::int64_t c) const {
    if (known.fast.of[c] != 0) return;
    const float slow = c < kExpression ? kPoseKept : kFaceKept;
    float before = Distance(known.decided - 2, c), last = Distance(known.decided - 1, c);
    for (std::int64_t f = known.decided; f < known.first + known.frames; f++) {
      const float next = (slow + kSpeedKept) * last - slow * kSpeedKept * before;
      track[RowOf(f, known.rows) * kMotionSize + c] = At(f, c) + next;
      before = last;
      last = next;
    }
  }

  // Of a distance, from frame to frame: of the pose, of the face, and of a difference in speed.
  static constexpr float kPoseKept = 0.965F, kFaceKept = 0.75F, kSpeedKept = 0.8F;

 private:
  KDT_HOST_DEVICE float At(std::int64_t f, std::int64_t c) const {
    return x[(f - known.first) * kMotionSize + c];
  }
  KDT_HOST_DEVICE float Distance(std::int64_t f, std::int64_t c) const {
    if (f < known.first) return 0;  // the window begins there
    return track[RowOf(f, known.rows) * kMotionSize + c] - At(f, c);
  }
};

// Frames after an interruption: fast numbers go from those of the frame before `first` to rest by a smooth
// step of `steps` frames, and stay there; slow numbers are on the track.
struct ComeToRest {
  float* track;       // [rows, 70]
  const float* rest;  // [70]
  std::int64_t first;
  std::int64_t frames;
  std::int64_t steps;
  std::int64_t rows;
  MotionMask fast;

  KDT_HOST_DEVICE std::int64_t count() const { return frames * kMotionSize; }

  KDT_HOST_DEVICE void operator()(std::int64_t i) const {
    const std::int64_t frame = i / kMotionSize, c = i % kMotionSize;
    if (fast.of[c] == 0) return;
    const float from = track[RowOf(first - 1, rows) * kMotionSize + c];
    const float share = SmoothStep(frame + 1, steps);
    track[RowOf(first + frame, rows) * kMotionSize + c] = from + share * (rest[c] - from);
  }
};

// Into a loop: from frame `first` on all numbers go over to those of `then`, by a smooth step of `steps`
// frames, so that the frame behind is the one behind those.
struct ComeBack {
  float* track;       // [rows, 70]
  const float* then;  // [given, 70], of frames `first` and those behind it; the last one stays
  std::int64_t given;
  std::int64_t first;  // of the step
  std::int64_t begin;  // frames begin .. end - 1 are written, once each
  std::int64_t end;
  std::int64_t steps;
  std::int64_t rows;

  KDT_HOST_DEVICE std::int64_t count() const { return (end - begin) * kMotionSize; }

  KDT_HOST_DEVICE void operator()(std::int64_t i) const {
    const std::int64_t frame = begin + i / kMotionSize, c = i % kMotionSize;
    float& value = track[RowOf(frame, rows) * kMotionSize + c];
    const std::int64_t at = frame - first, row = at < given ? at : given - 1;
    value += SmoothStep(at + 1, steps) * (then[row * kMotionSize + c] - value);
  }
};

}  // namespace kdtalker::kernels
