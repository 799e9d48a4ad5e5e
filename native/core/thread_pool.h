#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace kdtalker {

// Tasks that belong together, so that what they work for can wait for them. All methods: any thread.
class TaskGroup {
 public:
  // One task of the group, until the returned share is let go.
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

// The engine's own threads for work that JavaScript awaits; libuv's four stay free for files and DNS.
class ThreadPool {
 public:
  // The process's pool. Never destroyed: the last owner of an engine object may be one of its own tasks.
  static ThreadPool& Shared();

  explicit ThreadPool(unsigned threads);
  ~ThreadPool();  // finishes what is queued
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  // Any thread. The task must not throw. `membership` of a group is given up when the task and all it held is
  // gone, or when it is certain never to run.
  void Post(std::function<void()> task, std::shared_ptr<void> membership = nullptr);

 private:
  struct Task {
    std::function<void()> run;
    std::shared_ptr<void> membership;
  };

  void Work();
  static void Run(Task& task);

  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Task> tasks_;
  bool closing_ = false;
  std::vector<std::thread> threads_;  // last: they use everything above
};

}  // namespace kdtalker
