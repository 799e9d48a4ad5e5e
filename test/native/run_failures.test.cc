// Each allocation and each thread start of a short clip fails in turn: the clip gives an error and the talker
// still works.
#include <doctest/doctest.h>

#include <cstdlib>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "support/failures.h"
#include "support/stage.h"

using namespace stage;

namespace {

RunOptions Short() {
  RunOptions options;
  options.steps = 2;
  options.eta = 0.5;  // noise at each step
  return options;
}

// A clip of three frames with its motion.
std::vector<Bytes> Clip(const std::shared_ptr<Talker>& talker, const std::shared_ptr<Portrait>& portrait) {
  Reader reader;
  MotionReader motion;
  Run run(portrait, puppet::Speech(*talker, 3), Short());
  for (int i = 0; i < 3; i++) reader.Ask(run);
  motion.Ask(run);
  reader.Wait();
  if (motion.Wait()[0] != "3") throw Error(motion.Wait()[0], "motion");
  std::vector<Bytes> frames;
  for (const Reader::Answer& answer : reader.answers()) {
    if (!answer.code.empty()) throw Error(answer.code, "a frame");
  }
  for (std::size_t i = 0; i < 3; i++) frames.push_back(reader.buffer(i));
  return frames;
}

// Refuses the first, second, third ... request of a kind until the work makes no more; of those after the
// `first` only each `step`th, unless KDTALKER_LONG=1. Returns their number.
std::int64_t RefuseEach(failures::Kind kind, const std::function<void()>& work, std::int64_t first = 100,
                        std::int64_t step = 1) {
  const char* given = std::getenv("KDTALKER_LONG");
  if (given != nullptr && std::string(given) == "1") step = 1;
  for (std::int64_t n = 0;; n += n < first ? 1 : step) {
    const failures::FailNth failing(kind, n);
    try {
      work();
    } catch (const std::exception&) {
      // Expected: the test checks the work afterwards, and that nothing hangs or leaks.
    }
    if (!failing.happened()) return n;
  }
}

}  // namespace

TEST_CASE("allocations refused: of a portrait") {
  if (!puppet::Built()) return;
  const Stage puppet("cpu");
  const auto expected = Clip(puppet.talker, puppet.portrait);
  const PortraitOptions picture = puppet::Picture();
  std::shared_ptr<Portrait> last;
  const auto refused = RefuseEach(failures::kAllocation, [&] {
    last = Portrait::Prepare(puppet.talker, picture);
    Portrait::Restore(puppet.talker, last->Save());
  });
  CHECK(refused > 30);
  CHECK(Clip(puppet.talker, last) == expected);
}

TEST_CASE("allocations refused: of loading a talker") {
  if (!puppet::Built()) return;
  std::shared_ptr<Talker> last;
  const auto refused = RefuseEach(failures::kAllocation, [&] { last = puppet::Talker("cpu", 1); }, 100, 7);
  CHECK(refused > 100);
  CHECK(Clip(last, Portrait::Prepare(last, puppet::Picture())).size() == 3);
}

TEST_SUITE_BEGIN("threads");

TEST_CASE("allocations refused: of a clip") {
  if (!puppet::Built()) return;
  const Stage puppet("cpu", 2);
  const auto expected = Clip(puppet.talker, puppet.portrait);
  const auto refused =
      RefuseEach(failures::kAllocation, [&] { Clip(puppet.talker, puppet.portrait); }, 20, 13);
  CHECK(refused > 100);
  CHECK(Clip(puppet.talker, puppet.portrait) == expected);
}

TEST_CASE("threads refused: of a clip") {
  if (!puppet::Built()) return;
  const Stage puppet("cpu", 3);
  const auto expected = Clip(puppet.talker, puppet.portrait);
  const auto refused = RefuseEach(failures::kThread, [&] { Clip(puppet.talker, puppet.portrait); });
  CHECK(refused >= 2);
  CHECK(Clip(puppet.talker, puppet.portrait) == expected);
}

TEST_CASE("threads refused: of loading a talker") {
  if (!puppet::Built()) return;
  std::shared_ptr<Talker> last;
  TalkerOptions options = puppet::Options("cpu", 4);
  options.session_threads = 4;
  const auto refused =
      RefuseEach(failures::kThread, [&] { last = std::make_shared<Talker>(puppet::Runtime(), options); });
  CHECK(refused > 1);
  CHECK(Clip(last, Portrait::Prepare(last, puppet::Picture())).size() == 3);
}

TEST_SUITE_END();
