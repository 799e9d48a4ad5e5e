// Frames of several clips that a lane begins together, with a renderer that takes more than one.
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "engine/renderer.h"
#include "support/speaking.h"
#include "support/stage.h"

using namespace stage;

namespace {

constexpr std::size_t kMost = 4;
constexpr std::int64_t kFrames = 6;

// What renderers were given, by all of a talker.
struct Given {
  std::mutex mutex;
  std::vector<std::size_t> sizes;
  std::size_t clips = 0;    // of a batch, at most
  std::size_t failing = 0;  // the next batch of at least so many frames fails; 0 for none
  std::size_t failed = 0;   // clips of the batches that failed

  std::size_t most() {
    const std::lock_guard lock(mutex);
    return sizes.empty() ? 0 : *std::max_element(sizes.begin(), sizes.end());
  }
};

// Stands for a renderer whose networks take four pictures: one for each ticket.
class Several final : public LaneRenderer {
 public:
  Several(Talker& talker, Given& given) : given_(given) {
    for (std::size_t i = 0; i < kMost * FrameTickets::kMost; i++)
      single_.push_back(std::make_unique<Renderer>(talker));
  }
  void Begin(std::span<Item> items) override {
    Note(items);
    for (Item& item : items) {
      Item one{0, std::move(item.frame), item.watch};
      single_[item.ticket]->Begin({&one, 1});
    }
  }
  void Finish(Ticket ticket, void* out, Watch& watch) override { single_[ticket]->Finish(0, out, watch); }
  bool Abandon(Ticket ticket) noexcept override { return single_[ticket]->Abandon(0); }
  std::size_t tickets() const override { return single_.size(); }

 private:
  void Note(std::span<Item> items) {
    const std::lock_guard lock(given_.mutex);
    given_.sizes.push_back(items.size());
    std::vector<const Timeline*> clips;
    for (const Item& item : items) clips.push_back(item.frame.timeline);
    std::sort(clips.begin(), clips.end());
    const auto end = std::unique(clips.begin(), clips.end());
    const auto count = static_cast<std::size_t>(end - clips.begin());
    given_.clips = std::max(given_.clips, count);
    if (given_.failing == 0 || items.size() < given_.failing) return;
    given_.failing = 0;
    given_.failed += count;
    throw Error("NATIVE", "the batch failed, as the test wants");
  }

  Given& given_;
  std::vector<std::unique_ptr<Renderer>> single_;
};

RendererKind KindOf(Given& given) {
  return {[&given](Talker& talker) { return std::make_unique<Several>(talker, given); }, kMost};
}

// Reads clips that differ by their seeds.
struct Readers {
  Readers(const Stage& puppet, std::size_t count) {
    for (std::size_t i = 0; i < count; i++) {
      readers.push_back(std::make_unique<Reader>());
      runs.push_back(puppet.MakeRun(kFrames, i));
      for (std::int64_t k = 0; k < kFrames; k++) readers.back()->Ask(*runs.back());
    }
  }
  void Wait() const {
    for (const auto& reader : readers) reader->Wait();
  }

  std::vector<std::unique_ptr<Reader>> readers;
  std::vector<std::unique_ptr<Run>> runs;
};

constexpr std::size_t kClips = 5;
constexpr int kRounds = 5;

}  // namespace

TEST_SUITE_BEGIN("threads");

TEST_CASE("clips at once share batches of as many frames as the renderer takes, and keep their bytes") {
  if (!puppet::Built()) return;
  std::vector<std::vector<Bytes>> expected;
  const Stage alone("cpu", 1);
  for (std::size_t i = 0; i < kClips; i++) expected.push_back(FramesOf(*alone.MakeRun(kFrames, i), kFrames));
  for (const char* device : {"cpu", "guarded"}) {
    CAPTURE(device);
    Given given;
    const Stage puppet(KindOf(given), device, 1);
    for (int round = 0; round < kRounds && (round == 0 || given.clips < 2); round++) {
      const Readers all(puppet, kClips);
      all.Wait();
      for (std::size_t i = 0; i < kClips; i++)
        for (std::size_t k = 0; k < kFrames; k++) CHECK(all.readers[i]->buffer(k) == expected[i][k]);
    }
    // Whether frames of two clips meet is for the threads to say: lane_schedule.test.cc shows it.
    CHECK(given.most() <= kMost);
    for (const std::size_t size : given.sizes) CHECK((size == 1 || size == 2 || size == 4));
    CHECK(puppet.talker->renderers().count() == 0);
  }
}

TEST_CASE("an ordinary renderer is given one frame at a time") {
  if (!puppet::Built()) return;
  const Stage puppet("guarded", 4);
  CHECK(RendererKind::Ordinary().batch == 1);
  const Readers all(puppet, kClips);
  all.Wait();
  for (const auto& reader : all.readers)
    for (const auto& answer : reader->answers()) CHECK(answer.code.empty());
}

TEST_CASE("a batch that fails is the error of all its clips, and the others go on") {
  if (!puppet::Built()) return;
  const auto expected = FramesOf(*Stage("cpu").MakeRun(kFrames, 0), kFrames);
  Given given;
  const Stage puppet(KindOf(given), "guarded", 1);
  std::size_t failed = 0;
  for (int round = 0; round < kRounds && failed == 0; round++) {
    // Frames need not meet on a slow machine: in the end a batch of one will do.
    given.failing = round + 1 < kRounds ? 2 : 1;
    const Readers all(puppet, kClips);
    all.Wait();
    for (const auto& reader : all.readers) failed += reader->answers().back().code == "NATIVE";
    given.failing = 0;
  }
  CHECK(failed >= 1);
  CHECK(failed == given.failed);
  CHECK(FramesOf(*puppet.MakeRun(kFrames, 0), kFrames) == expected);
}

TEST_CASE("clips that are stopped, interrupted and closed leave their batches, and hold up nobody") {
  if (!puppet::Built()) return;
  for (const char* device : {"cpu", "guarded"}) {
    Given given;
    const Stage puppet(KindOf(given), device, 2);
    CHECK(EightAtRandom(puppet, 8) == 0);
    CHECK(puppet.talker->lanes().stats().errors == 0);
  }
}

TEST_SUITE_END();
