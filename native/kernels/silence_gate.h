// Computes from the loudness of each frame how far the mouth may follow the motion: 1 in speech, 0 in the
// middle of a long silence, a smooth step between. The whole speech is known, so the gate begins to open
// before speech begins and is 1 in every frame that is not silent: speech is never changed.
//
// Silence begins below a threshold and ends above a higher one, so a level near the threshold does not make
// the gate flutter. The threshold is relative to the loudest frame, because recordings have different levels.
// Frames below the lowest level are always silent; otherwise a silent recording would count as speech.
//
// One index for all: frames depend on those before and after them.
#pragma once

#include "kernels/kernel.h"
#include "kernels/smooth_step.h"

namespace kdtalker::kernels {

struct SilenceRule {
  float threshold;       // dB relative to the loudest frame, 0 or less
  float hysteresis;      // dB above the threshold where silence ends
  float lowest;          // dB; quieter frames are silent
  std::int32_t wait;     // frames of silence before the gate begins to shut
  std::int32_t release;  // frames from 1 to 0, after the wait
  std::int32_t attack;   // frames from 0 to 1, before the silence ends
};

// The level below which a silence begins, where speech is so loud.
KDT_HOST_DEVICE float SilenceBegins(const SilenceRule& rule, float loudest) {
  const float relative = loudest + rule.threshold;
  return relative > rule.lowest ? relative : rule.lowest;
}

// A frame's gate in a silence of frames [from, to) that is longer than the wait. `shut_from`, `shut_to`: it
// is shut to that end.
KDT_HOST_DEVICE float GateInSilence(const SilenceRule& rule, std::int64_t frame, std::int64_t from,
                                    std::int64_t to, bool shut_from, bool shut_to) {
  const float closing = shut_from ? 1.0F : SmoothStep(frame - from + 1 - rule.wait, rule.release + 1);
  const float opening = shut_to ? 1.0F : SmoothStep(to - frame, rule.attack + 1);
  return 1.0F - (closing < opening ? closing : opening);
}

struct SilenceGate {
  const float* loudness;  // [frames], dB
  float* gate;            // [frames], 0..1
  std::int64_t frames;
  SilenceRule rule;

  KDT_HOST_DEVICE std::int64_t count() const { return 1; }

  KDT_HOST_DEVICE void operator()(std::int64_t) const {
    const float begins = Threshold();
    const float ends = begins + rule.hysteresis;
    std::int64_t silent_since = -1;
    for (std::int64_t i = 0; i < frames; i++) {
      gate[i] = 1.0F;
      const bool silent = loudness[i] < (silent_since < 0 ? begins : ends);
      if (silent && silent_since < 0) silent_since = i;
      if (!silent && silent_since >= 0) {
        Close(silent_since, i);
        silent_since = -1;
      }
    }
    if (silent_since >= 0) Close(silent_since, frames);
  }

 private:
  KDT_HOST_DEVICE float Threshold() const {
    float loudest = loudness[0];
    for (std::int64_t i = 1; i < frames; i++) loudest = loudness[i] > loudest ? loudness[i] : loudest;
    return SilenceBegins(rule, loudest);
  }

  // Shuts the gate in silent frames [from, to); at either end of the clip it stays shut to that end.
  KDT_HOST_DEVICE void Close(std::int64_t from, std::int64_t to) const {
    if (to - from <= rule.wait) return;
    for (std::int64_t i = from; i < to; i++)
      gate[i] = GateInSilence(rule, i, from, to, from == 0, to == frames);
  }
};

}  // namespace kdtalker::kernels
