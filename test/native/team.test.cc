// Teams on the test's own threads: ThreadSanitizer can follow these, but not a session's.
#include "ops/team.h"

#include <doctest/doctest.h>

#include <atomic>
#include <cstdint>
#include <thread>
#include <vector>

namespace {

using namespace kdtalker::ops;

// Calls each work on its own thread.
struct OwnThreads {
  template <class Work>
  void For(std::int64_t count, const Work& work) const {
    std::vector<std::thread> threads;
    for (std::int64_t i = 0; i < count; i++) threads.emplace_back([&work, i] { work(i); });
    for (std::thread& thread : threads) thread.join();
  }
};

constexpr int kPhases = 60;
constexpr int kItems = 24;

// Each item of a phase reads two of the phase before, which other members wrote.
std::vector<int> Sums(int members) {
  std::vector<int> now(kItems, 1), next(kItems);
  std::vector<TeamPhase> phases(kPhases);
  std::atomic<int> highest{0};
  RunTeam(OwnThreads{}, members, phases.data(), kPhases, [&](TeamMember& team) noexcept {
    for (int seen = highest; seen < team.index() && !highest.compare_exchange_weak(seen, team.index());)
      continue;
    for (int phase = 0; phase < kPhases; phase++) {
      const std::vector<int>& from = phase % 2 == 0 ? now : next;
      std::vector<int>& to = phase % 2 == 0 ? next : now;
      team.For(kItems, [&](int i) noexcept {
        to[static_cast<std::size_t>(i)] =
            (from[static_cast<std::size_t>(i)] + from[static_cast<std::size_t>((i * 7 + phase) % kItems)]) %
            9973;
      });
    }
  });
  CHECK(highest < members);
  return now;
}

}  // namespace

TEST_SUITE_BEGIN("threads");

TEST_CASE("a team of any size does what one member does alone") {
  const std::vector<int> expected = Sums(1);
  for (const int members : {2, 3, 5}) {
    CAPTURE(members);
    for (int i = 0; i < 10; i++) CHECK(Sums(members) == expected);
  }
}

TEST_SUITE_END();
