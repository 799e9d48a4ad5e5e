// The silence gate of a stream: SilenceGate's rules over what is known so far. The threshold is relative to a
// peak that decays, since the loudest frame may still come; a silence ends where known frames say so, and is
// taken to last where they do not. So the attack may reach no further than frames are known ahead.
//
// Works in pieces: a call gates frames [first, last) and keeps the state after each, so that the next call
// may go on from an earlier frame. One index for all: frames depend on those before them.
#pragma once

#include "kernels/kernel.h"
#include "kernels/silence_gate.h"

namespace kdtalker::kernels {

struct GateState {
  float peak;                 // dB, the decayed loudest
  std::int32_t from_start;    // 1: silent since the stream's first frame
  std::int64_t silent_since;  // a frame; -1 in speech
};

struct RunningGate {
  const float* loudness;  // [known - first], dB, of frames from `first` on
  float* gate;            // [rows], 0..1
  GateState* states;      // [rows], after each frame; first = 0 reads none
  std::int64_t first;
  std::int64_t last;
  std::int64_t known;  // at least `last`
  std::int64_t rows;
  float decay;  // dB a frame
  SilenceRule rule;

  KDT_HOST_DEVICE std::int64_t count() const { return 1; }

  KDT_HOST_DEVICE void operator()(std::int64_t) const {
    GateState state = first == 0 ? GateState{rule.lowest, 1, -1} : states[(first - 1) % rows];
    for (std::int64_t i = first; i < last; i++) {
      state = After(state, i);
      states[i % rows] = state;
      gate[i % rows] = state.silent_since < 0 ? 1.0F : Gate(state, i);
    }
  }

 private:
  KDT_HOST_DEVICE GateState After(const GateState& before, std::int64_t i) const {
    const float level = loudness[i - first], decayed = before.peak - decay;
    const float peak = level > decayed ? level : decayed;
    const float begins = SilenceBegins(rule, peak);
    const bool was_silent = before.silent_since >= 0;
    if (!(level < (was_silent ? begins + rule.hysteresis : begins))) return {peak, 0, -1};
    return {peak, was_silent ? before.from_start : (i == 0 ? 1 : 0), was_silent ? before.silent_since : i};
  }

  KDT_HOST_DEVICE float Gate(GateState state, std::int64_t i) const {
    const GateState here = state;
    std::int64_t to = i + 1;
    while (to < known && to <= i + rule.attack) {
      state = After(state, to);
      if (state.silent_since < 0) break;
      to++;
    }
    const bool lasts = to == known || to > i + rule.attack;
    return GateInSilence(rule, i, here.silent_since, to, here.from_start != 0, lasts);
  }
};

}  // namespace kdtalker::kernels
