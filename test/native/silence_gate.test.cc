#include "kernels/silence_gate.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include "kernels/loudness.h"
#include "launch.h"

namespace {

using namespace kdtalker::kernels;
using Floats = std::vector<float>;

constexpr float kLoud = -40, kQuiet = -80;
constexpr SilenceRule kRule = {-30, 6, -90, 3, 2, 4};

// Runs of frames of one loudness each.
struct Stretch {
  std::size_t frames;
  float loudness;
};

Floats Speech(const std::vector<Stretch>& stretches) {
  Floats loudness;
  for (const auto& [frames, level] : stretches) loudness.insert(loudness.end(), frames, level);
  return loudness;
}

Floats Gate(const Floats& loudness, const SilenceRule& rule = kRule) {
  Floats gate(loudness.size(), -1.0F);
  Run(SilenceGate{loudness.data(), gate.data(), static_cast<std::int64_t>(loudness.size()), rule});
  return gate;
}

bool AllOpen(const Floats& gate) {
  return std::all_of(gate.begin(), gate.end(), [](float open) { return open == 1.0F; });
}

}  // namespace

TEST_CASE("every frame of every rate has a column to be loud with") {
  const Floats mel(std::size_t{81} * 80, 0.0F);
  for (const std::int64_t fps : {10, 24, 25, 30, 50, 60}) {
    Floats loudness(static_cast<std::size_t>(fps));
    Run(FrameLoudness{mel.data(), loudness.data(), 81, fps, fps});
    for (const float decibel : loudness) CHECK(decibel == doctest::Approx(-50));
  }
}

TEST_CASE("a frame's loudness is the mean power of its columns in decibels") {
  // 5 frames are 16 columns: frames begin at columns 0, 4, 7, 10, 13.
  Floats mel(17 * 80, -4.0F);
  const auto fill = [&mel](std::size_t column, float value) {
    std::fill_n(mel.begin() + static_cast<std::ptrdiff_t>(80 * column), 80, value);
  };
  for (const std::size_t column : {7U, 8U, 9U}) fill(column, 0.0F);
  fill(13, 4.0F);
  Floats loudness(5);
  Run(FrameLoudness{mel.data(), loudness.data(), 17, 5});
  CHECK(loudness[0] == doctest::Approx(-100));
  CHECK(loudness[1] == doctest::Approx(-100));
  CHECK(loudness[2] == doctest::Approx(-50));
  CHECK(loudness[3] == doctest::Approx(-100));
  CHECK(loudness[4] == doctest::Approx(10 * std::log10(1.0 / 3)));  // columns 13, 14, 15
}

TEST_CASE("speech alone keeps the gate open") {
  CHECK(AllOpen(Gate(Speech({{20, kLoud}}))));
  CHECK(AllOpen(Gate(Speech({{5, kLoud}, {3, kQuiet}, {5, kLoud}}))));  // not longer than the wait
}

TEST_CASE("a long silence shuts the gate after the wait and opens it before it ends") {
  const Floats gate = Gate(Speech({{5, kLoud}, {12, kQuiet}, {5, kLoud}}));
  const auto step = [](float x) { return 1.0F - x * x * (3.0F - 2.0F * x); };
  Floats wanted(22, 1.0F);
  // The wait is frames 5, 6 and 7; two frames of release; shut; four frames of attack, 13 to 16.
  wanted[8] = step(1.0F / 3), wanted[9] = step(2.0F / 3);
  wanted[10] = wanted[11] = wanted[12] = 0.0F;
  wanted[13] = step(4.0F / 5), wanted[14] = step(3.0F / 5), wanted[15] = step(2.0F / 5),
  wanted[16] = step(1.0F / 5);
  for (std::size_t i = 0; i < wanted.size(); i++) CHECK(gate[i] == doctest::Approx(wanted[i]));
  for (const std::size_t i : {4U, 5U, 7U, 17U, 21U}) CHECK(gate[i] == 1.0F);  // every bit of speech
}

TEST_CASE("a silence too short for both slopes opens half-way without a jump") {
  const Floats gate = Gate(Speech({{5, kLoud}, {7, kQuiet}, {5, kLoud}}));
  CHECK(*std::min_element(gate.begin(), gate.end()) > 0.0F);
  CHECK(*std::min_element(gate.begin(), gate.end()) < 1.0F);
  for (std::size_t i = 1; i < gate.size(); i++) CHECK(std::abs(gate[i] - gate[i - 1]) < 0.55F);
}

TEST_CASE("silence at the clip's ends is shut to the ends") {
  const Floats gate = Gate(Speech({{8, kQuiet}, {5, kLoud}, {9, kQuiet}}));
  for (const std::size_t i : {0U, 3U, 18U, 21U}) CHECK(gate[i] == 0.0F);
  for (const std::size_t i : {8U, 12U, 13U, 15U}) CHECK(gate[i] == 1.0F);
  const Floats silent = Gate(Speech({{10, -95}}));
  CHECK(std::all_of(silent.begin(), silent.end(), [](float open) { return open == 0.0F; }));
}

TEST_CASE("a level between the thresholds neither begins nor ends a silence") {
  const float between = kLoud - 27;  // silence begins below -70 and ends at -64
  CHECK(AllOpen(Gate(Speech({{5, kLoud}, {12, between}, {5, kLoud}}))));
  const Floats gate = Gate(Speech({{5, kLoud}, {6, kQuiet}, {12, between}, {5, kLoud}}));
  CHECK(gate[15] == 0.0F);
  SilenceRule rule = kRule;
  rule.hysteresis = 0;
  CHECK(Gate(Speech({{5, kLoud}, {6, kQuiet}, {12, between}, {5, kLoud}}), rule)[15] == 1.0F);
}

TEST_CASE("the threshold follows the recording's level down to the lowest") {
  const std::vector<Stretch> quiet = {{5, kLoud - 20}, {12, kQuiet - 20}, {5, kLoud - 20}};
  CHECK(Gate(Speech(quiet)) == Gate(Speech({{5, kLoud}, {12, kQuiet}, {5, kLoud}})));
  CHECK(AllOpen(Gate(Speech({{20, -89}}))));
  CHECK(Gate(Speech({{20, -91}}))[10] == 0.0F);
}
