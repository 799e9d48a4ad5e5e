#include "engine/speech_features.h"

#include <doctest/doctest.h>

#include "support/stage.h"

using namespace stage;

TEST_SUITE_BEGIN("threads");

TEST_CASE("features are those of the channels, read once for all") {
  if (!puppet::Built()) return;
  const auto talker = puppet::Talker("guarded", 1);
  const auto speech = puppet::Speech(*talker, 70);
  const auto downloads = [&] {
    return talker->device()->counters()[static_cast<std::size_t>(Crossing::kMotion)].downloads;
  };
  const auto before = downloads();
  const auto both = ReadFeatures(*talker, *speech, {{3, 2}, {500, 12}});
  CHECK(downloads() - before == 2);  // windows
  const auto all = ReadFeatures(*talker, *speech, {{0, 512}}).front();
  REQUIRE(both.size() == 2);
  REQUIRE(both[0].size() == 140);
  REQUIRE(both[1].size() == 840);
  for (std::size_t row = 0; row < 70; row++) {
    for (std::size_t i = 0; i < 2; i++) CHECK(both[0][2 * row + i] == all[512 * row + 3 + i]);
    for (std::size_t i = 0; i < 12; i++) CHECK(both[1][12 * row + i] == all[512 * row + 500 + i]);
  }
  for (const Channels wrong : {Channels{-1, 2}, Channels{0, 0}, Channels{511, 2}})
    CHECK(CodeThrownBy([&] { ReadFeatures(*talker, *speech, {{0, 1}, wrong}); }) == "INVALID_ARGUMENT");
}

TEST_CASE("no window is heard after a stop") {
  if (!puppet::Built()) return;
  const auto talker = puppet::Talker("cpu", 1);
  const auto speech = puppet::Speech(*talker, 2);
  speech->Stop();
  CHECK(CodeThrownBy([&] { ReadFeatures(*talker, *speech, {{0, 1}}); }) == "ABORTED");
}

TEST_SUITE_END();
