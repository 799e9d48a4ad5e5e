// Renderers belong to lanes: clips are lent them frame by frame, and nobody sees it in the pictures.
#include "engine/renderer_pool.h"

#include <doctest/doctest.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "support/failing_device.h"
#include "support/stage.h"

using namespace stage;

namespace {

constexpr std::int64_t kFrames = 6;

// A photo of `side` pixels with the crop in it, or a crop alone.
std::shared_ptr<Portrait> PortraitOf(const Stage& puppet, std::uint8_t seed, int side) {
  PortraitOptions picture = puppet::Picture();
  for (std::size_t i = 0; i < picture.crop.size(); i++)
    picture.crop[i] = static_cast<std::uint8_t>((i * seed) % 241);
  std::vector<std::uint8_t> rgb(static_cast<std::size_t>(3 * side * side), seed);
  const stages::Picture photo{rgb.data(), side, side};
  const std::array<double, 6> place{0.25, 0, 20, 0, 0.25, 30};
  if (side > 0) picture.photo = std::make_shared<stages::PhotoPixels>(photo, place);
  return Portrait::Prepare(puppet.talker, picture);
}

// Clips that differ in everything that a renderer keeps from one frame to the next.
struct Cast {
  explicit Cast(const std::string& device, int threads) : puppet(device, threads) {
    for (const int side : {0, 200, 260, 200}) {
      const auto seed = static_cast<std::uint8_t>(7 + 2 * portraits.size());
      portraits.push_back(PortraitOf(puppet, seed, side));
    }
  }

  std::unique_ptr<Run> MakeRun(std::size_t i) const {
    RunOptions options;
    options.seed = i;
    options.steps = 3;
    options.relative = i % 3 == 1;
    options.full = portraits[i % portraits.size()]->photo_pixels() != nullptr;
    return std::make_unique<Run>(portraits[i % portraits.size()], puppet::Speech(*puppet.talker, kFrames),
                                 options);
  }

  Stage puppet;
  std::vector<std::shared_ptr<Portrait>> portraits;
};

std::vector<Bytes> Alone(const Cast& cast, std::size_t i) {
  return FramesOf(*cast.MakeRun(i), kFrames);
}

// Waits for what happens at some time.
template <class Condition>
void Until(Condition condition) {
  while (!condition()) std::this_thread::sleep_for(std::chrono::milliseconds(5));
}

}  // namespace

TEST_SUITE_BEGIN("threads");

TEST_CASE("clips of several portraits, sizes and settings share renderers and keep their bytes") {
  if (!puppet::Built()) return;
  constexpr std::size_t kClips = 8;
  std::vector<std::vector<Bytes>> expected;
  const Cast alone("cpu", 1);
  for (std::size_t i = 0; i < kClips; i++) expected.push_back(Alone(alone, i));
  for (const char* device : {"cpu", "guarded"}) {
    const Cast cast(device, 2);
    std::vector<std::unique_ptr<Reader>> readers;
    std::vector<std::unique_ptr<Run>> runs;
    for (std::size_t i = 0; i < kClips; i++) {
      readers.push_back(std::make_unique<Reader>());
      runs.push_back(cast.MakeRun(i));
      for (std::int64_t k = 0; k < kFrames; k++) readers.back()->Ask(*runs.back());
    }
    for (std::size_t i = 0; i < kClips; i++) {
      CAPTURE(device);
      CAPTURE(i);
      readers[i]->Wait();
      for (std::size_t k = 0; k < kFrames; k++) CHECK(readers[i]->buffer(k) == expected[i][k]);
    }
    CHECK(cast.puppet.talker->renderers().count() <= 2);
  }
}

TEST_CASE("renderers are made for frames, one for each lane at most, and go with the last clip") {
  if (!puppet::Built()) return;
  const Cast cast("cpu", 2);
  RendererPool& renderers = cast.puppet.talker->renderers();
  const auto held = [&] { return cast.puppet.talker->device()->held_bytes(); };
  for (std::size_t i = 1; i < cast.portraits.size(); i++) cast.portraits[i]->photo();  // stays with them
  const std::uint64_t before = held();
  {
    std::vector<std::unique_ptr<Run>> runs;
    Reader reader;
    for (std::size_t i = 0; i < 5; i++) runs.push_back(cast.MakeRun(i));
    CHECK(renderers.count() == 0);
    for (const auto& run : runs) reader.Ask(*run);
    reader.Wait();
    CHECK(renderers.count() >= 1);
    CHECK(renderers.count() <= 2);
  }
  CHECK(renderers.count() == 0);
  CHECK(held() == before);
}

TEST_CASE("a clip whose reader stalls holds no renderer, and goes on where it was") {
  if (!puppet::Built()) return;
  const Cast cast("cpu", 1);
  const auto expected = Alone(cast, 1);
  RendererPool& renderers = cast.puppet.talker->renderers();
  Reader reader;
  const auto run = cast.MakeRun(1);
  for (std::int64_t k = 0; k < kFrames; k++) {
    reader.Ask(*run);
    reader.Wait();
    CHECK(reader.buffer(static_cast<std::size_t>(k)) == expected[static_cast<std::size_t>(k)]);
    if (k == 2) Until([&] { return renderers.count() == 0; });
  }
}

TEST_CASE("a frame that nobody wants leaves the renderer to others; one that failed does not") {
  if (!puppet::Built()) return;
  const auto device = std::make_shared<FailingDevice>();
  const Stage puppet(device, 1);
  const auto expected = FramesOf(*Stage("cpu").MakeRun(3), 3);
  for (const auto operation : {FailingDevice::kCopy, FailingDevice::kDownload, FailingDevice::kAllocate}) {
    CAPTURE(operation);
    const auto kept = puppet.MakeRun(3), failing = puppet.MakeRun(3);
    Reader reader, other;
    reader.Ask(*kept);
    reader.Wait();
    device->FailAt(operation, 0);
    for (int k = 0; k < 3; k++) other.Ask(*failing);
    other.Wait();
    CHECK(other.answers().front().code == "NATIVE");
    for (int k = 0; k < 2; k++) reader.Ask(*kept);
    reader.Wait();
    for (std::size_t k = 0; k < 3; k++) CHECK(reader.buffer(k) == expected[k]);
  }
}

TEST_CASE("a clip that is stopped while its frames are made disturbs none of those beside them") {
  if (!puppet::Built()) return;
  const auto expected = FramesOf(*Stage("cpu").MakeRun(3), 3);
  const Stage guarded("guarded", 1);
  for (int round = 0; round < 10; round++) {
    const auto kept = guarded.MakeRun(3), stopped = guarded.MakeRun(9);
    Reader reader, other;
    for (int k = 0; k < 3; k++) {
      other.Ask(*stopped);
      reader.Ask(*kept);
    }
    if (round % 2 == 1) Until([&] { return stopped->sampled() > 0; });
    stopped->Stop();
    reader.Wait();
    other.Wait();
    for (std::size_t k = 0; k < 3; k++) CHECK(reader.buffer(k) == expected[k]);
  }
}

TEST_SUITE_END();
