// Random-walk Kalman filter and Rauch-Tung-Striebel smoother over the motion timeline, each scalar on its
// own, in float64, cast at the end (docs/model.md 8). The scale is copied unchanged.
//
// Works in pieces: a call finishes frames [first, last) and stores the filter after frame last - 1 in
// `state`, so calls go in order from first = 0. Frame i looks `lag` frames ahead in every call, never
// further, so the result does not depend on the pieces. Later frames weigh less than the limit for which
// stages::Smoothing chose the lag; the clip's last frames have no later ones and are exact.
#pragma once

#include "kernels/kernel.h"
#include "kernels/motion.h"

namespace kdtalker::kernels {

inline constexpr std::int32_t kSmoothMaxLag = 48;

// The filter's state for one scalar after a frame.
struct SmoothState {
  double mean;
  double variance;
};

struct SmoothMotion {
  const float* raw;    // [rows, 70], frames [first, known) are valid
  float* out;          // [rows, 70], not raw
  SmoothState* state;  // [states, 70], the filter after each frame; first = 0 does not read it
  std::int64_t first;
  std::int64_t last;
  std::int64_t known;  // at least last + lag, or the clip's number of frames
  double process;      // variance a frame adds
  double observation;  // variance of a raw value; 0 does not change the motion
  std::int32_t lag;    // 0..kSmoothMaxLag
  std::int64_t rows = kEveryFrame;
  std::int64_t states = 1;  // kept: to go on from an earlier frame again

  KDT_HOST_DEVICE std::int64_t count() const { return kMotionSize; }

  KDT_HOST_DEVICE void operator()(std::int64_t scalar) const {
    if (scalar == kScale) {
      Copy(scalar);
    } else if (first < last) {
      Smooth(scalar);
    }
  }

 private:
  static constexpr int kRing = 64;  // power of two above the lag

  // The filter over the frames ahead of the current one, indexed by frame modulo kRing.
  struct Ring {
    double mean[kRing];
    double gain[kRing];  // weight of the next frame's smoothed value
  };

  KDT_HOST_DEVICE void Copy(std::int64_t scalar) const {
    for (std::int64_t i = first; i < last; i++) out[At(i, scalar)] = raw[At(i, scalar)];
  }

  KDT_HOST_DEVICE std::int64_t At(std::int64_t frame, std::int64_t scalar) const {
    return frame % rows * kMotionSize + scalar;
  }

  KDT_HOST_DEVICE SmoothState& After(std::int64_t frame, std::int64_t scalar) const {
    return state[frame % states * kMotionSize + scalar];
  }

  // Adds frame i to the filter. The predicted variance of frame 0 is 1; `process` is not added.
  KDT_HOST_DEVICE SmoothState Filter(const SmoothState& before, std::int64_t i, std::int64_t scalar) const {
    const double value = static_cast<double>(raw[At(i, scalar)]);
    const double mean = i == 0 ? value : before.mean;
    const double variance = i == 0 ? 1.0 : before.variance + process;
    const double gain = variance / (variance + observation);
    return {mean + gain * (value - mean), (1.0 - gain) * variance};
  }

  KDT_HOST_DEVICE double Back(const Ring& ring, std::int64_t from, std::int64_t to) const {
    double smoothed = ring.mean[from % kRing];
    for (std::int64_t i = from - 1; i >= to; i--) {
      const double mean = ring.mean[i % kRing];
      smoothed = mean + ring.gain[i % kRing] * (smoothed - mean);
    }
    return smoothed;
  }

  KDT_HOST_DEVICE void Smooth(std::int64_t scalar) const {
    Ring ring;
    SmoothState filter = first == 0 ? SmoothState{0.0, 0.0} : After(first - 1, scalar);
    std::int64_t next = first;  // the next frame to filter
    for (std::int64_t i = first; i < last; i++) {
      const std::int64_t ahead = i + lag < known ? i + lag : known - 1;
      for (; next <= ahead; next++) {
        filter = Filter(filter, next, scalar);
        ring.mean[next % kRing] = filter.mean;
        ring.gain[next % kRing] = filter.variance / (filter.variance + process);
        if (next < last) After(next, scalar) = filter;
      }
      out[At(i, scalar)] = static_cast<float>(Back(ring, ahead, i));
    }
  }
};

}  // namespace kdtalker::kernels
