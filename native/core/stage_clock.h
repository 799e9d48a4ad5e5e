#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string_view>
#include <vector>

namespace kdtalker {

// The times of the stages of a talker's clips. A preallocated ring keeps the last laps of each stage, so that
// a lap allocates nothing. Thread-safe; laps of frames rendered side by side overlap.
class StageClock {
 public:
  enum Stage { kAudio, kSample, kWarp, kDecode, kConvert, kStages };
  static constexpr std::array<std::string_view, kStages> kNames = {"audio", "sample", "warp", "decode",
                                                                   "convert"};
  static constexpr std::size_t kKept = 1024;

  struct Times {
    std::int64_t laps = 0;       // since the talker was loaded
    double milliseconds = 0;     // of all of them
    std::vector<double> recent;  // milliseconds of the last laps, oldest first, at most kKept
  };

  void Add(Stage stage, double milliseconds);

  Times times(Stage stage) const;

 private:
  struct Ring {
    std::int64_t laps = 0;
    double milliseconds = 0;
    std::array<double, kKept> recent{};
  };

  mutable std::mutex mutex_;
  std::array<Ring, kStages> rings_;
};

}  // namespace kdtalker
