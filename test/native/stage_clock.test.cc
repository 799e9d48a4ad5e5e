#include "core/stage_clock.h"

#include <doctest/doctest.h>

#include <stdexcept>

using kdtalker::StageClock;

TEST_CASE("every lap of a stage is counted, and only there") {
  StageClock clock;
  for (int i = 0; i < 3; i++) const StageClock::Lap lap(&clock, StageClock::kWarp);
  const StageClock::Times warp = clock.times(StageClock::kWarp);
  CHECK(warp.laps == 3);
  REQUIRE(warp.recent.size() == 3);
  double sum = 0;
  for (const double each : warp.recent) {
    CHECK(each >= 0);
    sum += each;
  }
  CHECK(warp.milliseconds == doctest::Approx(sum));
  CHECK(clock.times(StageClock::kDecode).laps == 0);
  CHECK(clock.times(StageClock::kDecode).recent.empty());
}

TEST_CASE("a lap that throws was spent too, and one without a clock does nothing") {
  StageClock clock;
  const auto failing = [&clock] {
    const StageClock::Lap lap(&clock, StageClock::kSample);
    throw std::runtime_error("x");
  };
  CHECK_THROWS(failing());
  CHECK(clock.times(StageClock::kSample).laps == 1);
  const StageClock::Lap lap(nullptr, StageClock::kSample);
}

TEST_CASE("the last laps are kept, however many there were") {
  StageClock clock;
  const std::size_t laps = StageClock::kKept + 10;
  for (std::size_t i = 0; i < laps; i++) const StageClock::Lap lap(&clock, StageClock::kAudio);
  const StageClock::Times times = clock.times(StageClock::kAudio);
  CHECK(times.laps == static_cast<std::int64_t>(laps));
  CHECK(times.recent.size() == StageClock::kKept);
}
