#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string_view>
#include <vector>

namespace kdtalker {

// Measures the stages of a talker's clips. A preallocated ring keeps the last laps of each stage: a lap reads
// a clock twice and allocates nothing. Thread-safe; laps of frames rendered side by side overlap.
class StageClock {
 public:
  enum Stage { kAudio, kSample, kWarp, kDecode, kConvert, kStages };
  static constexpr std::array<std::string_view, kStages> kNames = {"audio", "sample", "warp", "decode",
                                                                   "convert"};
  static constexpr std::size_t kKept = 1024;

  // Measures a stage from its constructor to its destructor. Without a clock it does nothing.
  class Lap {
   public:
    Lap(StageClock* clock, Stage stage);
    ~Lap();
    Lap(const Lap&) = delete;
    Lap& operator=(const Lap&) = delete;

   private:
    StageClock* clock_;
    Stage stage_;
    std::chrono::steady_clock::time_point begun_;
  };

  struct Times {
    std::int64_t laps = 0;       // since the talker was loaded
    double milliseconds = 0;     // of all of them
    std::vector<double> recent;  // milliseconds of the last laps, oldest first, at most kKept
  };

  Times times(Stage stage) const;

 private:
  struct Ring {
    std::int64_t laps = 0;
    double milliseconds = 0;
    std::array<double, kKept> recent{};
  };

  void Add(Stage stage, double milliseconds);

  mutable std::mutex mutex_;
  std::array<Ring, kStages> rings_;
};

}  // namespace kdtalker
