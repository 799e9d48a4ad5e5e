#pragma once

#include <condition_variable>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace kdtalker {

// A group of tasks whose owner can wait for them. All methods may be called from any thread.
class TaskGroup {
 public:
  // Counts as one task of the group until the returned reference is released.
  std::shared_ptr<void> Enter();
  void Wait();  // until all have left

 private:
  struct State {
    std::mutex mutex;
    std::condition_variable left;
    int inside = 0;
  };
  std::shared_ptr<State> state_ = std::make_shared<State>();
};

// The engine's own threads for work that JavaScript awaits; libuv's four stay free for files and DNS. A
// thread starts when a task waits and all others are busy. If it cannot start while there is another thread,
// the pool continues without it and tries again with the next task.
class ThreadPool {
 public:
  // The process's pool. Never destroyed: the last owner of an engine object may be one of its own tasks.
  static ThreadPool& Shared();

  explicit ThreadPool(unsigned most);
  ~ThreadPool();  // finishes what is queued
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  // Any thread. The task must not throw. `membership` of a group is released when the task and all that it
  // holds are destroyed, or when the task can no longer run. Throws std::bad_alloc and, if the pool has no
  // thread at all, Error OUT_OF_RESOURCES; the task then never runs.
  void Post(std::function<void()> task, std::shared_ptr<void> membership = nullptr);

 private:
  struct Task {
    std::function<void()> run;
    std::shared_ptr<void> membership;
  };

  using Tasks = std::list<std::unique_ptr<Task>>;  // moved from list to list without an allocation

  void StartFor(std::size_t waiting);  // mutex held
  void Work();
  static void Run(std::unique_ptr<Task> task);

  const std::size_t most_;
  std::mutex mutex_;  // guards what follows
  std::condition_variable wake_;
  Tasks tasks_;
  bool closing_ = false;
  std::size_t idle_ = 0;
  std::vector<std::thread> threads_;  // last: they use everything above
};

}  // namespace kdtalker
