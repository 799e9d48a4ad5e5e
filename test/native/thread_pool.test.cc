#include "core/thread_pool.h"

#include <doctest/doctest.h>

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <new>
#include <set>
#include <thread>

#include "core/error.h"
#include "support/failures.h"

using kdtalker::TaskGroup;
using kdtalker::ThreadPool;

TEST_SUITE_BEGIN("threads");

TEST_CASE("a pool finishes what is queued before it ends") {
  std::atomic<int> done{0};
  {
    ThreadPool pool(3);
    for (int i = 0; i < 500; i++) pool.Post([&done] { done++; });
  }
  CHECK(done == 500);
}

TEST_CASE("tasks run side by side, on threads of the pool") {
  std::mutex mutex;
  std::condition_variable changed;
  std::set<std::thread::id> threads;
  {
    ThreadPool pool(4);
    // Every task waits until all others have begun: with fewer threads none would end.
    for (int i = 0; i < 4; i++) {
      pool.Post([&] {
        std::unique_lock lock(mutex);
        threads.insert(std::this_thread::get_id());
        changed.notify_all();
        changed.wait(lock, [&] { return threads.size() == 4; });
      });
    }
  }
  CHECK(threads.size() == 4);
  CHECK(threads.count(std::this_thread::get_id()) == 0);
}

TEST_CASE("a task may post another") {
  std::atomic<int> depth{0};
  {
    ThreadPool pool(1);
    pool.Post([&] {
      depth++;
      pool.Post([&] { depth++; });
    });
  }
  CHECK(depth == 2);
}

TEST_CASE("a group waits for its own tasks and all that they held") {
  ThreadPool pool(2);
  TaskGroup group;
  group.Wait();  // without tasks
  auto held = std::make_shared<int>(0);
  const std::weak_ptr<int> watched = held;
  std::atomic<int> done{0};
  for (int i = 0; i < 50; i++) pool.Post([&done, held] { done++; }, group.Enter());
  held.reset();
  group.Wait();
  CHECK(done == 50);
  CHECK(watched.expired());
}

TEST_CASE("a group does not wait for the tasks of others") {
  std::mutex held;
  held.lock();
  ThreadPool pool(2);
  TaskGroup mine, other;
  pool.Post([&held] { const std::lock_guard lock(held); }, other.Enter());
  pool.Post([] {}, mine.Enter());
  mine.Wait();
  held.unlock();
  other.Wait();
}

TEST_CASE("a pool that gets fewer threads works with those, and takes no task where it has none") {
  for (std::int64_t nth = 0; nth < 3; nth++) {
    CAPTURE(nth);
    ThreadPool pool(3);
    std::atomic<int> done{0};
    int refused = 0;
    {
      const failures::FailNth failing(failures::kThread, nth);
      TaskGroup group;
      std::mutex held;
      held.lock();
      for (int i = 0; i < 9; i++) {
        try {
          pool.Post(
              [&] {
                const std::lock_guard lock(held);
                done++;
              },
              group.Enter());
        } catch (const kdtalker::Error& error) {
          CHECK(error.code() == "OUT_OF_RESOURCES");
          refused++;
        }
      }
      held.unlock();
      group.Wait();
      CHECK(failing.happened());
    }
    CHECK(refused == (nth == 0 ? 1 : 0));
    CHECK(done == 9 - refused);
  }
}

TEST_CASE("a task for which there is no memory is not taken, and its group does not wait for it") {
  ThreadPool pool(1);
  TaskGroup group;
  pool.Post([] {}, group.Enter());
  std::atomic<int> done{0};
  int taken = 0;
  for (std::int64_t nth = 0;; nth++) {
    const failures::FailNth failing(failures::kAllocation, nth);
    try {
      pool.Post([&] { done++; }, group.Enter());
      taken++;
    } catch (const std::bad_alloc&) {
      continue;
    }
    if (!failing.happened()) break;
  }
  group.Wait();
  CHECK(done == taken);
}

TEST_SUITE_END();
