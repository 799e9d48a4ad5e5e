#include "engine/live_speech.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include "core/error.h"
#include "kernels/motion.h"
#include "kernels/windows.h"

namespace {

using namespace kdtalker;
using Floats = std::vector<float>;

Floats Tone(std::size_t samples, int rate) {
  Floats tone(samples);
  for (std::size_t i = 0; i < samples; i++)
    tone[i] = static_cast<float>(0.3 * std::sin(2000.0 * static_cast<double>(i) / rate) *
                                 std::sin(9.0 * static_cast<double>(i) / rate));
  return tone;
}

void Push(LiveSpeech& speech, const Floats& samples, std::size_t piece) {
  for (std::size_t at = 0; at < samples.size(); at += piece)
    speech.Push(samples.data() + at, std::min(piece, samples.size() - at));
}

Floats Take(LiveSpeech& speech, std::int64_t first, std::int64_t last) {
  Floats columns(static_cast<std::size_t>((last - first) * kernels::kMelBands));
  speech.Take(speech.restarts(), first, last, columns.data());
  return columns;
}

Floats ColumnsOf(const Floats& samples, int rate, std::size_t piece) {
  LiveSpeech speech(rate, 25);
  Push(speech, samples, piece);
  speech.End();
  return Take(speech, 0, 100);
}

Floats ClipColumns(const Floats& samples) {
  stages::MelBuilder builder;
  builder.Push(samples.data(), samples.size());
  const stages::MelSpectrogram mel = builder.Finish();
  return {mel.values.data(), mel.values.data() + mel.values.size()};
}

bool Silent(const Floats& columns) {
  return std::all_of(columns.begin(), columns.end(),
                     [](float value) { return value == kernels::kSilentMel; });
}

}  // namespace

TEST_CASE("live speech has the columns of a clip's, in whatever pieces it comes, and silence follows") {
  const Floats tone = Tone(16000, 16000), clip = ClipColumns(tone);
  const Floats columns = ColumnsOf(tone, 16000, 16000);
  REQUIRE(clip.size() == 81 * 80);
  // A column near the end reads the step to silence, of which a clip knows nothing.
  CHECK(std::equal(clip.begin(), clip.begin() + 79 * 80, columns.begin()));
  CHECK(Silent(Floats(columns.begin() + 83 * 80, columns.end())));
  for (const std::size_t piece : {1U, 7U, 640U, 5000U}) CHECK(ColumnsOf(tone, 16000, piece) == columns);
  const Floats fine = Tone(48000, 48000);
  for (const std::size_t piece : {13U, 1920U})
    CHECK(ColumnsOf(fine, 48000, piece) == ColumnsOf(fine, 48000, 48000));
}

TEST_CASE("a frame's columns are there with 132.5 ms of sound from its beginning, and no sooner") {
  for (const std::int64_t frame : {2, 3, 7, 11}) {
    const auto needed = static_cast<std::size_t>(640 * frame + 2120);
    const Floats tone = Tone(needed, 16000);
    LiveSpeech speech(16000, 25);
    speech.Push(tone.data(), needed - (frame % 5 == 2 ? 1 : 640));
    CHECK(speech.columns() < kernels::WindowEnd(frame, 25));
    speech.Push(tone.data(), frame % 5 == 2 ? 1 : 640);
    CHECK(speech.columns() >= kernels::WindowEnd(frame, 25));
  }
}

TEST_CASE("speech that was taken is forgotten, and what has not come is silence") {
  LiveSpeech speech(16000, 25);
  Push(speech, Tone(16000, 16000), 1000);
  const Floats all = ColumnsOf(Tone(16000, 16000), 16000, 1000);
  const Floats part = Take(speech, 10, 20);
  CHECK(std::equal(part.begin(), part.end(), all.begin() + 10 * 80));
  const Floats rest = Take(speech, 20, 200);
  CHECK(std::equal(rest.begin(), rest.begin() + 50 * 80, all.begin() + 20 * 80));
  CHECK(Silent(Floats(rest.begin() + 90 * 80, rest.end())));
}

TEST_CASE("the end is known in whole frames when it has come, and then nothing may follow") {
  LiveSpeech speech(48000, 25);
  Push(speech, Tone(48000 + 1919, 48000), 999);
  CHECK(speech.end() == kernels::kEveryFrame);
  speech.End();
  speech.End();
  CHECK(speech.end() == 25);
  CHECK(speech.columns() == kernels::kEveryFrame);
  const float sample = 0;
  CHECK_THROWS_AS(speech.Push(&sample, 1), Error);
}

TEST_CASE("a restart forgets what follows, and what comes then lies on the same grid") {
  const Floats tone = Tone(16000, 16000);
  for (const std::int64_t frame : {0, 3, 5, 11}) {
    const std::int64_t column = frame * 80 / 25;
    LiveSpeech speech(16000, 25);
    Push(speech, Tone(16000, 16000), 640);
    Take(speech, 0, 60);
    speech.Restart(frame, 4);
    Push(speech, tone, 333);
    speech.End();
    CHECK(speech.end() == frame + 4 + 25);
    // The same as sound that began with as much silence.
    Floats whole(static_cast<std::size_t>(640 * (frame + 4)), 0.0F);
    whole.insert(whole.end(), tone.begin(), tone.end());
    const Floats wanted = ColumnsOf(whole, 16000, 1000), got = Take(speech, column, 100);
    CHECK(std::equal(got.begin(), got.end(), wanted.begin() + column * 80));
  }
}

TEST_CASE("who does not know of a restart hears silence, and nothing is lost") {
  LiveSpeech speech(16000, 25);
  Push(speech, Tone(16000, 16000), 640);
  speech.Restart(5, 4);
  Push(speech, Tone(16000, 16000), 640);
  Floats columns(std::size_t{10} * 80);
  speech.Take(0, 60, 70, columns.data());
  CHECK(Silent(columns));
  CHECK_FALSE(Silent(Take(speech, 30, 40)));
}
