#include "engine/heard_voice.h"

#include <doctest/doctest.h>

#include <vector>

#include "kernels/windows.h"

namespace kdtalker {
namespace {

constexpr float kLoud = 2.0F, kQuiet = -3.9F;

// Hears whole frames of 3.2 columns, in pieces.
struct Ear {
  HeardVoice voice{25};
  std::int64_t column = 0, frame = 0;

  void Hear(std::int64_t frames, float value) {
    frame += frames;
    while (column < (80 * frame + 24) / 25) {
      const std::vector<float> bands(static_cast<std::size_t>(kernels::kMelBands), value);
      voice.Hear(bands.data(), column++, 1);
    }
  }
};

}  // namespace

TEST_CASE("somebody speaks from the first loud frame until a long pause") {
  Ear ear;
  ear.Hear(20, kernels::kSilentMel);
  CHECK_FALSE(ear.voice.speaks());
  CHECK(ear.voice.span() == 0);
  ear.Hear(10, kLoud);
  CHECK(ear.voice.speaks());
  CHECK(ear.voice.span() == 9);
  ear.Hear(2, kQuiet);  // between two sounds
  CHECK(ear.voice.speaks());
  CHECK(ear.voice.span() == 11);
  ear.Hear(200, kLoud);
  CHECK(ear.voice.span() == 75);
  ear.Hear(12, kQuiet);
  CHECK_FALSE(ear.voice.speaks());
  CHECK(ear.voice.span() == 0);
  ear.Hear(4, kLoud);
  CHECK(ear.voice.span() == 75);  // with the pause
  ear.Hear(30, kQuiet);
  ear.Hear(4, kLoud);
  CHECK(ear.voice.span() <= 4);
}

TEST_CASE("nobody speaks after a cut, until somebody is heard again") {
  Ear ear;
  ear.Hear(30, kLoud);
  ear.voice.Cut(12);
  CHECK_FALSE(ear.voice.speaks());
  ear.column = 39;
  ear.frame = 12;
  ear.Hear(6, kLoud);
  CHECK(ear.voice.speaks());
  CHECK(ear.voice.span() <= 6);
}

}  // namespace kdtalker
