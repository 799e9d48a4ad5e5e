#pragma once

// Made of lib/limits.ts by lib/build/limits.ts. Change it there.

namespace kdtalker {

inline constexpr int kLeastSampleRate = 1000;
inline constexpr int kMostSampleRate = 384000;
inline constexpr int kLeastFps = 10;
inline constexpr int kMostFps = 60;
inline constexpr int kMostPackSide = 8192;
inline constexpr int kMostWindow = 4096;
inline constexpr int kMostBlinkFrames = 64;
inline constexpr int kRestFrames = 4;
inline constexpr int kJoinFrames = 8;

}  // namespace kdtalker
