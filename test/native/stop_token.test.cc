#include "core/stop_token.h"

#include <doctest/doctest.h>

#include <string>
#include <thread>

#include "core/error.h"

namespace {

using namespace kdtalker;

struct Work final : StopToken::Stoppable {
  void EndSoon() noexcept override { ended++; }
  int ended = 0;
};

}  // namespace

TEST_SUITE_BEGIN("threads");

TEST_CASE("whatever runs with a token is told to end once, and nothing else") {
  StopToken token;
  token.ThrowIfStopped();
  Work before, first, middle, last, late;
  {
    const StopToken::Running running(token, before);
  }
  const StopToken::Running one(token, first);
  {
    const StopToken::Running two(token, middle);
    const StopToken::Running three(token, last);
    std::thread([&token] { token.Stop(); }).join();
  }
  CHECK(token.stopped());
  CHECK_THROWS_AS(token.ThrowIfStopped(), Error);
  token.Stop();
  CHECK(before.ended == 0);
  CHECK(first.ended == 1);
  CHECK(middle.ended == 1);
  CHECK(last.ended == 1);
  {
    const StopToken::Running running(token, late);
  }
  CHECK(late.ended == 1);
}

TEST_CASE("work leaves its token in any order") {
  StopToken token;
  Work works[3];
  for (const int gone : {0, 1, 2}) {
    auto* first = new StopToken::Running(token, works[0]);
    auto* second = new StopToken::Running(token, works[1]);
    auto* third = new StopToken::Running(token, works[2]);
    StopToken::Running* all[] = {first, second, third};
    delete all[gone];
    delete all[(gone + 1) % 3];
    delete all[(gone + 2) % 3];
  }
  token.Stop();
  for (const Work& work : works) CHECK(work.ended == 0);
}

TEST_SUITE_END();
