// Motion that a stream keeps on the host, for a loop of idle life.
#include <doctest/doctest.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "engine/track_record.h"
#include "support/speaking.h"
#include "support/stage.h"

using namespace stage;

TEST_SUITE_BEGIN("threads");

TEST_CASE("the record has what was asked for, whatever was being copied when it began") {
  const auto device = OpenDevice("guarded");
  const auto stream = device->MakeStream();
  Tensor track(device, Type::kFloat32, {16, 70});
  std::vector<float> rows(std::size_t{16} * 70);
  for (std::size_t i = 0; i < rows.size(); i++) rows[i] = static_cast<float>(i / 70);
  track.UploadNow(*stream, rows.data(), Crossing::kMotion);
  TrackRecord record;
  const auto copy = [&](std::int64_t known) { record.Copy(*stream, track, known); };
  const auto keep = [&] {
    stream->Synchronise();
    record.Keep();
  };
  record.Begin(2, 8);
  copy(5);
  CHECK(record.Rows(2, 1).empty());  // it is not there before somebody has waited
  keep();
  CHECK(record.Rows(4, 1) == std::vector<float>(70, 4.0F));
  copy(12);
  record.Begin(6, 9);  // meanwhile
  keep();
  CHECK(record.Rows(6, 1).empty());
  copy(12);
  keep();
  CHECK(record.Rows(8, 1) == std::vector<float>(70, 8.0F));
  CHECK(record.Rows(8, 2).empty());
  record.Begin(9, 14);
  copy(13);
  record.Begin(9, 11);  // fewer, from the same on
  keep();
  CHECK(record.Rows(9, 2).size() == 140);
  CHECK(record.Rows(9, 3).empty());
  record.Cut(10);
  CHECK(record.Rows(9, 1).size() == 70);
  CHECK(record.Rows(10, 1).empty());
  record.Begin(9, 20);
  copy(30);  // the track has lost it
  keep();
  CHECK(record.Rows(9, 1).empty());
}

// As JavaScript's thread does it: it asks for a frame's motion as soon as that was answered.
TEST_CASE("motion is recorded while another thread asks for it, joins loops and interrupts") {
  if (!puppet::Built()) return;
  const Stage puppet("cpu", 2);
  const auto run =
      std::make_unique<Run>(puppet.portrait, std::make_shared<LiveSpeech>(16000, 25), StreamOf(1));
  const std::vector<float> silence(std::size_t{640} * 200, 0.0F);
  std::int64_t next = 0;
  run->Record(-8, 100);
  for (int round = 0; round < 4; round++) {
    run->Hear(silence.data(), silence.size());
    for (int i = 0; i < 10; i++) {
      Reader reader;
      reader.Ask(*run);
      reader.Wait();
      CHECK(reader.answers().back().index == next);
      CHECK(run->Recorded(next - 8, 9).size() == std::size_t{9} * 70);
      next++;
    }
    run->JoinAt({next + 40, run->Recorded(next - 9, 9), 0});
    if (round % 2 == 0) run->CancelJoin();
    const LoopPast past{run->Recorded(next - 8, 8), {}};
    run->Record(next - 8, next + 100);
    run->Interrupt(next, round % 2 == 0 ? LoopPast{} : past);
  }
}

TEST_SUITE_END();
