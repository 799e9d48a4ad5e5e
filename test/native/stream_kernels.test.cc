// What a stream has beyond a clip: rings, noise by frame, known motion, the running silence gate.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include "kernels/frame_noise.h"
#include "kernels/known_motion.h"
#include "kernels/ring.h"
#include "kernels/running_gate.h"
#include "launch.h"

namespace {

using namespace kdtalker::kernels;
using Floats = std::vector<float>;

constexpr std::size_t kWidth = 70;

Floats Numbers(std::size_t count, double step) {
  Floats values(count);
  for (std::size_t i = 0; i < count; i++)
    values[i] = static_cast<float>(std::sin(step * static_cast<double>(i + 1)));
  return values;
}

Floats NoiseOf(std::int64_t first, std::int64_t frames, std::uint64_t seed = 9) {
  Floats noise(static_cast<std::size_t>(frames) * kWidth, std::nanf(""));
  Run(FrameNoise{noise.data(), first, frames, seed});
  return noise;
}

MotionMask Lips() {
  MotionMask mask{};
  for (std::size_t c = 40; c < 60; c++) mask.of[c] = 1;
  return mask;
}

// What the kernels say of a window, written down plainly.
bool IsKnown(const Knowledge& known, std::int64_t frame, std::size_t c) {
  if (frame < known.decided) return true;
  return (c < 40 || c >= 60) && frame < known.planned;
}

// From frame -10 on: decided before 3, planned before 7.
constexpr std::int64_t kFirst = -10, kFrames = 20, kRows = 24;
Knowledge Window() {
  return {kFirst, kFrames, 3, 7, kRows, Lips()};
}

std::size_t TrackAt(std::int64_t frame, std::size_t c) {
  return static_cast<std::size_t>((frame + kRows) % kRows) * kWidth + c;
}

Floats Gate(const Floats& loudness, const SilenceRule& rule) {
  Floats gate(loudness.size());
  Run(SilenceGate{loudness.data(), gate.data(), static_cast<std::int64_t>(loudness.size()), rule});
  return gate;
}

// In pieces, in a ring of `rows`, with as many frames known ahead as the attack needs.
Floats RunningGateOf(const Floats& loudness, const SilenceRule& rule, std::int64_t piece, std::int64_t rows,
                     float decay = 0) {
  const auto frames = static_cast<std::int64_t>(loudness.size());
  Floats ring(static_cast<std::size_t>(rows)), gate;
  std::vector<GateState> states(static_cast<std::size_t>(rows));
  for (std::int64_t first = 0; first < frames; first += piece) {
    const std::int64_t last = std::min(frames, first + piece);
    const std::int64_t known = std::min(frames, last + rule.attack);
    Run(RunningGate{loudness.data() + first, ring.data(), states.data(), first, last, known, rows, decay,
                    rule});
    for (std::int64_t i = first; i < last; i++) gate.push_back(ring[static_cast<std::size_t>(i % rows)]);
  }
  return gate;
}

void Say(Floats& loudness, std::size_t frames, float level) {
  loudness.insert(loudness.end(), frames, level);
}

}  // namespace

TEST_CASE(
    "the noise of a frame is its own, wherever a window begins, and a clip's first window has the same") {
  const Floats all = NoiseOf(-7, 90);
  for (const std::int64_t first : {-7, -6, -1, 0, 1, 2, 33}) {
    const Floats some = NoiseOf(first, 21);
    CHECK(std::equal(some.begin(), some.end(), all.begin() + (first + 7) * 70));
  }
  Floats clip(std::size_t{64} * kWidth);
  Run(FillNormal{clip.data(), 64 * 70, 9, 0, 0, NoisePurpose::kInitial});
  CHECK(NoiseOf(0, 64) == clip);
  CHECK(NoiseOf(0, 4) != NoiseOf(4, 4));
  CHECK(NoiseOf(0, 4) != NoiseOf(0, 4, 8));
  // Beyond 32 bits of numbers it does not repeat.
  CHECK(NoiseOf((std::int64_t{1} << 34) / 70 * 2, 4) != NoiseOf(0, 4));
}

TEST_CASE("rows go into a ring and come back, and frames that are not known are filled") {
  const Floats rows = Numbers(std::size_t{5} * 3, 0.7), fill = {7, 8, 9};
  Floats ring(std::size_t{4} * 3), back(std::size_t{4} * 3);
  Run(ScatterRows{rows.data(), ring.data(), -1, 4, 4, 4, 3});
  Run(GatherRows{ring.data(), fill.data(), back.data(), -1, 4, 2, 4, 3});
  CHECK(std::equal(back.begin(), back.begin() + 9, rows.begin()));
  CHECK(std::equal(fill.begin(), fill.end(), back.begin() + 9));
  Run(ScatterRows{fill.data(), ring.data(), 10, 2, 1, 4, 3});
  Run(GatherRows{ring.data(), rows.data(), back.data(), 10, 2, kEveryFrame, 4, 3});
  CHECK(Floats(back.begin(), back.begin() + 6) == Floats{7, 8, 9, 7, 8, 9});
}

TEST_CASE("what is not known can be the last rows, backwards and forwards in turns") {
  const Floats fill = {-1};
  Floats ring(8), back(9);
  for (std::size_t i = 0; i < 8; i++) ring[i] = static_cast<float>(i);
  Run(GatherRows{ring.data(), fill.data(), back.data(), 11, 9, 13, 8, 1, 3});
  CHECK(back == Floats{3, 4, 4, 3, 2, 2, 3, 4, 4});
  Run(GatherRows{ring.data(), fill.data(), back.data(), 13, 3, 13, 8, 1, 1});
  CHECK(Floats(back.begin(), back.begin() + 3) == Floats{4, 4, 4});
}

TEST_CASE("behind the last rows, backwards, come those before the first, once each") {
  const Floats fill = {-1};
  Floats ring(64), back(40);
  for (std::size_t i = 0; i < 64; i++) ring[i] = static_cast<float>(i);
  Run(GatherRows{ring.data(), fill.data(), back.data(), 30, 40, 35, 64, 1, 20});
  Floats expected;
  for (int f = 30; f < 35; f++) expected.push_back(static_cast<float>(f));
  for (int f = 34; f > 26; f--) expected.push_back(static_cast<float>(f));   // backwards
  for (int f = 29; f >= 15; f--) expected.push_back(static_cast<float>(f));  // the span begins at 15
  for (int f = 18; f < 30; f++) expected.push_back(static_cast<float>(f));   // forwards, in turns of 20
  CHECK(back == expected);
}

TEST_CASE("known entries are what noise of a step makes of the known motion, and others stay") {
  const Floats track = Numbers(static_cast<std::size_t>(kRows) * kWidth, 0.3);
  const Floats noise = NoiseOf(kFirst, kFrames), x = Numbers(noise.size(), 0.11);
  Floats held = x;
  const float alpha = 0.8F, beta = 0.6F;
  Run(HoldKnown{held.data(), track.data(), noise.data(), Window(), alpha, beta});
  for (std::int64_t frame = kFirst; frame < kFirst + kFrames; frame++) {
    for (std::size_t c = 0; c < kWidth; c++) {
      const std::size_t i = static_cast<std::size_t>(frame - kFirst) * kWidth + c;
      const float known = alpha * track[TrackAt(frame, c)] + beta * noise[i];
      CHECK(held[i] == (IsKnown(Window(), frame, c) ? known : x[i]));
    }
  }
}

TEST_CASE("what was sampled goes to the track, and what was known stays there") {
  const Floats before = Numbers(static_cast<std::size_t>(kRows) * kWidth, 0.3);
  const Floats x = Numbers(static_cast<std::size_t>(kFrames) * kWidth, 0.11);
  Floats track = before;
  Run(KeepSampled{x.data(), track.data(), Window()});
  for (std::int64_t frame = kFirst; frame < kFirst + kFrames; frame++) {
    for (std::size_t c = 0; c < kWidth; c++) {
      const float sampled = x[static_cast<std::size_t>(frame - kFirst) * kWidth + c];
      const bool known = IsKnown(Window(), frame, c);
      CHECK(track[TrackAt(frame, c)] == (known ? before[TrackAt(frame, c)] : sampled));
    }
  }
}

TEST_CASE("a plan that is sampled again is followed at the distance of the frames before, which fades") {
  const Floats x = Numbers(std::size_t{kFrames} * kWidth, 0.21);
  const Floats before = Numbers(std::size_t{kRows} * kWidth, 0.37);
  Floats track = before;
  Knowledge known = Window();
  known.decided = -4;
  Run(FollowPlan{x.data(), track.data(), known});
  const auto of = [&](std::int64_t frame, std::size_t c) {
    return x[static_cast<std::size_t>(frame - kFirst) * kWidth + c];
  };
  for (std::size_t c = 0; c < kWidth; c++) {
    const bool fast = c >= 40 && c < 60;
    const double slow = c < 7 ? 0.965 : 0.75;
    // As two shares, each of which fades at its own rate.
    const double last = before[TrackAt(-5, c)] - of(-5, c), earlier = before[TrackAt(-6, c)] - of(-6, c);
    const double long_share = (last - 0.8 * earlier) * slow / (slow - 0.8), short_share = last - long_share;
    for (std::int64_t frame = kFirst; frame < kFirst + kFrames; frame++) {
      const double fade = static_cast<double>(frame + 5);
      const double distance = long_share * std::pow(slow, fade) + short_share * std::pow(0.8, fade);
      const bool kept = fast || frame < -4;
      const double expected = kept ? before[TrackAt(frame, c)] : of(frame, c) + distance;
      CHECK(track[TrackAt(frame, c)] == doctest::Approx(expected).epsilon(2e-4));
    }
  }
}

TEST_CASE("a plan that is sampled again from its first frame on takes the place of all of it") {
  const Floats x = Numbers(std::size_t{kFrames} * kWidth, 0.21);
  Floats track = Numbers(std::size_t{kRows} * kWidth, 0.37);
  Knowledge known = Window();
  known.decided = kFirst;
  Run(FollowPlan{x.data(), track.data(), known});
  for (std::size_t c : {0U, 6U, 7U, 39U, 60U, 69U})
    for (std::int64_t frame = kFirst; frame < kFirst + kFrames; frame++)
      CHECK(track[TrackAt(frame, c)] == x[static_cast<std::size_t>(frame - kFirst) * kWidth + c]);
}

TEST_CASE("after an interruption the lips come to rest by a smooth step, and the rest stays on plan") {
  const Floats before = Numbers(std::size_t{8} * kWidth, 0.3), rest = Numbers(kWidth, 2.1);
  Floats track = before;
  Run(ComeToRest{track.data(), rest.data(), 6, 6, 4, 8, Lips()});  // frames 6 to 11; 5 was the last
  const auto at = [](std::int64_t frame, std::size_t c) {
    return static_cast<std::size_t>(frame % 8) * kWidth + c;
  };
  const Floats shares = {0.15625F, 0.5F, 0.84375F, 1, 1, 1};
  for (std::int64_t k = 0; k < 6; k++) {
    CHECK(track[at(6 + k, 3)] == before[at(6 + k, 3)]);
    const float from = before[at(5, 41)];
    const float wanted = from + shares[static_cast<std::size_t>(k)] * (rest[41] - from);
    CHECK(track[at(6 + k, 41)] == doctest::Approx(wanted));
  }
  CHECK(track[at(5, 41)] == before[at(5, 41)]);
}

TEST_CASE("into a loop all numbers go over to its own by a smooth step") {
  const Floats before = Numbers(std::size_t{16} * kWidth, 0.3);
  Floats track = before;
  const Floats then = Numbers(std::size_t{5} * kWidth, 0.7);
  Run(ComeBack{track.data(), then.data(), 5, 20, 20, 22, 4, 16});  // frames 20 to 25, in two pieces
  Run(ComeBack{track.data(), then.data(), 5, 20, 22, 26, 4, 16});
  const auto at = [](std::int64_t frame, std::size_t c) {
    return static_cast<std::size_t>(frame % 16) * kWidth + c;
  };
  const Floats shares = {0.15625F, 0.5F, 0.84375F, 1, 1, 1};
  for (std::int64_t k = 0; k < 6; k++) {
    for (const std::size_t c : {3U, 41U}) {
      const float from = before[at(20 + k, c)];
      const float to = then[static_cast<std::size_t>(std::min<std::int64_t>(k, 4)) * kWidth + c];
      CHECK(track[at(20 + k, c)] ==
            doctest::Approx(from + shares[static_cast<std::size_t>(k)] * (to - from)));
    }
  }
  for (std::int64_t frame = 10; frame < 20; frame++) CHECK(track[at(frame, 3)] == before[at(frame, 3)]);
}

TEST_CASE("the running gate is the whole clip's where the peak is known from the start") {
  const SilenceRule rule = {-30, 6, -90, 3, 2, 4};
  Floats loudness;
  Say(loudness, 5, -40);
  for (const std::size_t quiet : {2U, 3U, 4U, 6U, 8U, 13U, 40U}) {
    Say(loudness, quiet, -80);
    Say(loudness, 1, -66);  // within the hysteresis
    Say(loudness, 6, -41);
  }
  const Floats whole = Gate(loudness, rule);
  for (const std::int64_t piece : {1, 4, 7, 1000}) {
    for (const std::int64_t rows : {1024, 32}) {
      if (piece <= rows) CHECK(RunningGateOf(loudness, rule, piece, rows) == whole);
    }
  }
}

TEST_CASE("the running gate is shut before the first word, and after the last") {
  const SilenceRule rule = {-30, 6, -90, 3, 2, 4};
  Floats loudness;
  Say(loudness, 10, -100);
  Say(loudness, 5, -40);
  Say(loudness, 20, -100);
  const Floats gate = RunningGateOf(loudness, rule, 4, 64);
  CHECK(gate == Gate(loudness, rule));
  CHECK(gate[0] == 0);
  CHECK(std::all_of(gate.begin() + 10, gate.begin() + 15, [](float open) { return open == 1; }));
  CHECK(gate.back() == 0);
}

TEST_CASE("the peak of the running gate decays, so that a quieter voice counts as speech in the end") {
  const SilenceRule rule = {-30, 6, -90, 3, 2, 4};
  Floats loudness;
  Say(loudness, 3, 0);
  Say(loudness, 400, -40);  // silent beside a shout, not for ever
  const Floats gate = RunningGateOf(loudness, rule, 4, 512, 0.12F);
  CHECK(gate[50] == 0);
  CHECK(gate[200] == 1);
}

TEST_CASE("the running gate goes on from an earlier frame") {
  const SilenceRule rule = {-30, 6, -90, 3, 2, 4};
  Floats loudness;
  Say(loudness, 12, -40);
  Say(loudness, 12, -80);
  Floats once(32), again(32);
  std::vector<GateState> states(32);
  Run(RunningGate{loudness.data(), once.data(), states.data(), 0, 24, 24, 32, 0, rule});
  again = once;
  Run(RunningGate{loudness.data() + 17, again.data(), states.data(), 17, 24, 24, 32, 0, rule});
  CHECK(again == once);
}
