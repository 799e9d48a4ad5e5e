#include "core/stage_timer.h"

#include <doctest/doctest.h>

#include <memory>
#include <stdexcept>

using namespace kdtalker;

TEST_CASE("every lap of a stage is counted when the stream has done it, and only there") {
  for (const char* name : {"cpu", "guarded"}) {
    CAPTURE(name);
    StageClock clock;
    StageTimer timer(&clock, StageClock::kWarp);
    const auto stream = OpenDevice(name)->MakeStream();
    for (int i = 0; i < 3; i++) const StageTimer::Lap lap(timer, *stream);
    CHECK(clock.times(StageClock::kWarp).laps == (stream->device().asynchronous() ? 0 : 3));
    stream->Synchronise();
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
}

TEST_CASE("a timer that goes has counted its laps") {
  StageClock clock;
  const auto stream = OpenDevice("guarded")->MakeStream();
  {
    StageTimer timer(&clock, StageClock::kWarp);
    const StageTimer::Lap lap(timer, *stream);
  }
  CHECK(clock.times(StageClock::kWarp).laps == 1);
}

TEST_CASE("a lap that throws was spent too, and one without a clock does nothing") {
  StageClock clock;
  StageTimer timer(&clock, StageClock::kSample), none(nullptr, StageClock::kSample);
  const auto stream = OpenDevice("cpu")->MakeStream();
  const auto failing = [&] {
    const StageTimer::Lap lap(timer, *stream);
    throw std::runtime_error("x");
  };
  CHECK_THROWS(failing());
  CHECK(clock.times(StageClock::kSample).laps == 1);
  {
    const StageTimer::Lap lap(none, *stream);
  }
  CHECK(clock.times(StageClock::kSample).laps == 1);
}

TEST_CASE("the last laps are kept, however many there were") {
  StageClock clock;
  const std::size_t laps = StageClock::kKept + 10;
  for (std::size_t i = 0; i < laps; i++) clock.Add(StageClock::kAudio, static_cast<double>(i));
  const StageClock::Times times = clock.times(StageClock::kAudio);
  CHECK(times.laps == static_cast<std::int64_t>(laps));
  REQUIRE(times.recent.size() == StageClock::kKept);
  CHECK(times.recent.front() == 10.0);
}
