// The user's edits of the motion, applied to the smoothed timeline in place, one index per frame: scales the
// distance from the portrait's own pose, offsets angles, scales the expression, changes single frames, and
// keeps, removes or replaces blinks.
//
// Trap: in relative mode the clip's first frame is the reference for all others, and an offset, a change or a
// blink in it would cancel itself. Make the reference with Reference() on a copy of frame 0 taken before the
// edit.
#pragma once

#include <cmath>

#include "core/limits.h"
#include "kernels/frame_edits.h"
#include "kernels/kernel.h"
#include "kernels/motion.h"
#include "kernels/philox.h"
#include "kernels/smooth_step.h"

namespace kdtalker::kernels {

enum class BlinkMode : std::int32_t {
  kModel,     // as the denoiser made them
  kOff,       // none
  kPeriodic,  // only generated ones, one in each period at a random place
};

// A blink as movement of the expression; the pack's numbers, by value.
struct Blink {
  float direction[kExpressionSize];  // expression units of a shut eye; all 0 if the pack has no blink
  float shape[kMostBlinkFrames];     // degree of closing at each frame of a blink
  std::int32_t length;               // frames of shape in use
  BlinkMode mode;
  float period;  // frames, above 0
  std::uint64_t seed;
};

// The first frame of generated blink k >= 0: floor((k + u_k) period), u_k uniform from Philox.
KDT_HOST_DEVICE std::int64_t BlinkStart(const Blink& blink, std::int64_t k) {
  const PhiloxBlock counter = {
      {static_cast<std::uint32_t>(k), 0, 0, static_cast<std::uint32_t>(NoisePurpose::kBlink)}};
  const double uniform = static_cast<double>(Philox(counter, blink.seed).word[0]) * 0x1p-32;
  return static_cast<std::int64_t>((static_cast<double>(k) + uniform) * static_cast<double>(blink.period));
}

// How far generated blinks shut the eyes at a frame; if two overlap, the larger value counts.
KDT_HOST_DEVICE float BlinkAmount(const Blink& blink, std::int64_t frame) {
  const double period = static_cast<double>(blink.period);
  const std::int64_t newest = static_cast<std::int64_t>(static_cast<double>(frame) / period);
  std::int64_t k = static_cast<std::int64_t>(static_cast<double>(frame - blink.length) / period) - 1;
  float amount = 0.0F;
  for (k = k < 0 ? 0 : k; k <= newest; k++) {
    const std::int64_t at = frame - BlinkStart(blink, k);
    if (at >= 0 && at < blink.length && blink.shape[at] > amount) amount = blink.shape[at];
  }
  return amount;
}

// Which frame of the blinks' time a frame has: those of a loop go on as they are seen in it, wherever it is
// shown. From frame `join` on one time goes over to another, as motion does where a loop is joined.
struct BlinkClock {
  std::int64_t shift = 0;  // added to a frame
  std::int64_t join = kEveryFrame;
  std::int64_t then = 0;  // added behind the join

  KDT_HOST_DEVICE float Amount(const Blink& blink, std::int64_t frame) const {
    const float share = frame < join ? 0.0F : SmoothStep(frame - join + 1, kJoinFrames);
    const float before = share < 1.0F ? BlinkAmount(blink, frame + shift) : 0.0F;
    return share > 0.0F ? before + share * (BlinkAmount(blink, frame + then) - before) : before;
  }
};

struct EditMotion {
  float* motion;        // [rows, 70], smoothed; edited in place
  const float* source;  // [70], the portrait's own motion, raw
  std::int64_t first;
  std::int64_t last;
  float pose_scale;                             // of the distance from the source's angles and translation
  float yaw_offset, pitch_offset, roll_offset;  // degrees
  float expression_scale;                       // of the distance from the source's expression
  Blink blink;
  FrameEdits edits = {};
  std::int64_t rows = kEveryFrame;
  BlinkClock clock = {};

  KDT_HOST_DEVICE std::int64_t count() const { return last - first; }

  // The same edit for the reference frame of relative mode: `frame` is [70], the smoothed frame 0.
  KDT_HOST_DEVICE EditMotion Reference(float* frame) const {
    EditMotion edit = *this;
    edit.motion = frame;
    edit.first = 0;
    edit.last = 1;
    edit.yaw_offset = edit.pitch_offset = edit.roll_offset = 0.0F;
    edit.edits = {};
    if (edit.blink.mode == BlinkMode::kPeriodic) edit.blink.mode = BlinkMode::kOff;
    return edit;
  }

  KDT_HOST_DEVICE void operator()(std::int64_t i) const {
    float* frame = motion + (first + i) % rows * kMotionSize;
    ScaleDistance(frame, kYaw, kExpression, pose_scale);
    ScaleDistance(frame, kExpression, static_cast<int>(kMotionSize), expression_scale);
    frame[kYaw] += yaw_offset;
    frame[kPitch] += pitch_offset;
    frame[kRoll] += roll_offset;
    edits.Apply(frame, first + i);
    if (blink.mode != BlinkMode::kModel) RemoveBlink(frame + kExpression);
    if (blink.mode == BlinkMode::kPeriodic) AddBlink(frame + kExpression, clock.Amount(blink, first + i));
  }

 private:
  // Scale 1 returns early: the multiplication would change last bits.
  KDT_HOST_DEVICE void ScaleDistance(float* frame, int from, int to, float scale) const {
    if (scale == 1.0F) return;
    for (int c = from; c < to; c++) frame[c] = source[c] + scale * (frame[c] - source[c]);
  }

  // Removes the part along the direction of shutting; keeps eyes that are wider open than the source's.
  KDT_HOST_DEVICE void RemoveBlink(float* expression) const {
    float along = 0.0F;
    float square = 0.0F;
    for (int c = 0; c < kExpressionSize; c++) {
      along += expression[c] * blink.direction[c];
      square += blink.direction[c] * blink.direction[c];
    }
    if (along > 0.0F && square > 0.0F) AddBlink(expression, -along / square);
  }

  KDT_HOST_DEVICE void AddBlink(float* expression, float amount) const {
    for (int c = 0; c < kExpressionSize; c++) expression[c] += amount * blink.direction[c];
  }
};

}  // namespace kdtalker::kernels
