#include "stages/mel.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <numbers>
#include <vector>

#include "golden.h"
#include "kernels/windows.h"
#include "launch.h"

namespace {

using kdtalker::kernels::GatherWindows;
using kdtalker::stages::MelBuilder;
using kdtalker::stages::MelSpectrogram;
using Floats = std::vector<float>;

MelSpectrogram Mel(const Floats& samples, std::size_t chunk) {
  MelBuilder builder;
  for (std::size_t at = 0; at < samples.size(); at += chunk) {
    builder.Push(samples.data() + at, std::min(chunk, samples.size() - at));
  }
  return builder.Finish();
}

Floats Values(const MelSpectrogram& mel) {
  return {mel.values.data(), mel.values.data() + mel.values.size()};
}

Floats Transposed(const Floats& in, std::size_t rows) {
  Floats out(in.size());
  const std::size_t columns = in.size() / rows;
  for (std::size_t i = 0; i < in.size(); i++) out[i % columns * rows + i / columns] = in[i];
  return out;
}

Floats Sine(double hertz, std::size_t count) {
  Floats samples;
  for (std::size_t i = 0; i < count; i++) {
    samples.push_back(
        static_cast<float>(0.5 * std::sin(2 * std::numbers::pi * hertz * static_cast<double>(i) / 16000)));
  }
  return samples;
}

// Windows of a spectrogram whose value is 80 column + band.
Floats Windows(std::int64_t columns, std::int64_t clip, std::int64_t first, std::int64_t frames) {
  Floats mel(static_cast<std::size_t>(80 * columns)), out(static_cast<std::size_t>(1280 * frames));
  for (std::size_t i = 0; i < mel.size(); i++) mel[i] = static_cast<float>(i);
  Run(GatherWindows{mel.data(), out.data(), columns, clip, first, frames});
  return out;
}

}  // namespace

TEST_CASE("windows and whole frames at another rate of video") {
  // The window's middle, 8 columns after its beginning, is the frame's middle.
  const auto begin = [](std::int64_t frame, std::int64_t fps) {
    Floats mel(std::size_t{80} * 400), out(1280);
    for (std::size_t i = 0; i < mel.size(); i++) mel[i] = static_cast<float>(i);
    Run(GatherWindows{mel.data(), out.data(), 400, 200, frame, 1, fps});
    return static_cast<std::int64_t>(out[0]) / 80;
  };
  for (const std::int64_t frame : {15, 33, 100}) {
    CHECK(begin(frame, 25) == 80 * (frame - 2) / 25);
    CHECK(begin(frame, 50) == (80 * frame + 40) / 50 - 8);
    CHECK(begin(frame, 30) == (80 * frame + 40) / 30 - 8);
  }
  for (const std::int64_t fps : {10, 24, 25, 30, 50, 60}) {
    MelBuilder builder(fps);
    const Floats samples(16000, 0.1F);
    builder.Push(samples.data(), samples.size());
    const MelSpectrogram mel = builder.Finish();
    CHECK(mel.frames == fps);
    CHECK(mel.columns == 81);
  }
}

TEST_CASE("the spectrogram is the golden one") {
  const golden::File audio("audio");
  const MelSpectrogram mel = Mel(audio.Floats("samples"), 1 << 20);
  CHECK(mel.frames == 211);
  CHECK(mel.columns == 676);
  golden::CheckClose("mel", Values(mel), Transposed(audio.Floats("mel"), 80), 1e-4);
}

TEST_CASE("pushes of any size give the same bits") {
  Floats samples = golden::File("audio").Floats("samples");
  samples.resize(640 * 31 + 639);
  const Floats whole = Values(Mel(samples, samples.size()));
  CHECK(whole.size() == 80 * (1 + 640 * 31 / 200));
  for (const std::size_t chunk : {1, 7, 200, 640, 8192, 9001}) CHECK(Values(Mel(samples, chunk)) == whole);
}

TEST_CASE("what lies behind the last whole frame is not heard") {
  const Floats samples = Sine(440, 640 * 10 + 639);
  const Floats cut(samples.begin(), samples.begin() + 6400);
  CHECK(Values(Mel(samples, 100)) == Values(Mel(cut, 100)));
  CHECK(Mel(samples, 100).frames == 10);
}

TEST_CASE("less than a frame is no frame") {
  for (const std::size_t count : {0, 1, 3, 639}) {
    const MelSpectrogram mel = Mel(Sine(440, count), 1000);
    CHECK(mel.frames == 0);
    CHECK(mel.columns == 0);
  }
  const MelSpectrogram one = Mel(Sine(440, 640), 1000);
  CHECK(one.frames == 1);
  CHECK(one.columns == 4);
  CHECK(one.values.size() == 320);
}

TEST_CASE("silence is the floor and a tone lights its band") {
  const Floats silence = Values(Mel(Floats(6400, 0.0F), 1000));
  CHECK(std::all_of(silence.begin(), silence.end(), [](float v) { return v == -4.0F; }));
  const Floats low = Values(Mel(Sine(300, 6400), 1000)), high = Values(Mel(Sine(5000, 6400), 1000));
  const auto peak = [](const Floats& mel) {
    return std::max_element(&mel[80 * 15], &mel[80 * 16]) - &mel[80 * 15];
  };
  CHECK(peak(low) < 12);
  CHECK(peak(high) > 60);
}

TEST_CASE("the block of a spectrogram can be handed over and freed") {
  MelSpectrogram mel = Mel(Sine(440, 64000), 1000);
  const Floats before = Values(mel);
  const auto block = mel.values.Release();
  CHECK(std::memcmp(block.get(), before.data(), before.size() * sizeof(float)) == 0);
  CHECK(mel.values.size() == 0);
  CHECK(mel.values.data() == nullptr);
}

TEST_CASE("windows are the golden ones") {
  const golden::File audio("audio");
  const Floats mel = Transposed(audio.Floats("mel"), 80);
  Floats window(1280);
  Run(GatherWindows{mel.data(), window.data(), 676, 211, 0, 1});
  CHECK(window == audio.Floats("window_0"));
  Run(GatherWindows{mel.data(), window.data(), 676, 211, 210, 1});
  CHECK(window == audio.Floats("window_last"));
}

TEST_CASE("frame i sees columns trunc(80 (i - 2) / 25) on, clamped, transposed") {
  const Floats out = Windows(50, 100, 0, 100);
  for (std::int64_t frame = 0; frame < 100; frame++) {
    const auto start = static_cast<std::int64_t>(std::trunc(80.0 * static_cast<double>(frame - 2) / 25.0));
    for (std::int64_t k = 0; k < 16; k++) {
      const std::int64_t column = std::clamp<std::int64_t>(start + k, 0, 49);
      CHECK(out[static_cast<std::size_t>(frame * 1280 + 3 * 16 + k)] == static_cast<float>(80 * column + 3));
    }
  }
}

TEST_CASE("the last window is filled up with the clip's beginning, as often as needed") {
  const Floats first = Windows(12, 3, 0, 3), filled = Windows(12, 3, 2, 8);
  for (std::size_t i = 0; i < 8; i++) {
    const std::size_t frame = (2 + i) % 3;
    CHECK(std::equal(&filled[i * 1280], &filled[i * 1280] + 1280, &first[frame * 1280]));
  }
}
