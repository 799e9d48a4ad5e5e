#include "core/thread_pool.h"

#include <utility>

#include "core/activity.h"

namespace kdtalker {
namespace {

constexpr unsigned kSharedThreads =
    4;  // as many calls as a service awaits at once; clips have threads of their own

}  // namespace

std::shared_ptr<void> TaskGroup::Enter() {
  const std::lock_guard lock(state_->mutex);
  state_->inside++;
  return {state_.get(), [state = state_](void*) {
            const std::lock_guard inner(state->mutex);
            if (--state->inside == 0) state->left.notify_all();
          }};
}

void TaskGroup::Wait() {
  std::unique_lock lock(state_->mutex);
  state_->left.wait(lock, [this] { return state_->inside == 0; });
}

ThreadPool& ThreadPool::Shared() {
  static auto* pool = new ThreadPool(kSharedThreads);
  return *pool;
}

ThreadPool::ThreadPool(unsigned threads) {
  for (unsigned i = 0; i < threads; i++) threads_.emplace_back([this] { Work(); });
}

ThreadPool::~ThreadPool() {
  {
    const std::lock_guard lock(mutex_);
    closing_ = true;
  }
  wake_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

void ThreadPool::Post(std::function<void()> task, std::shared_ptr<void> membership) {
  {
    const std::lock_guard lock(mutex_);
    tasks_.push_back({std::move(task), std::move(membership)});
  }
  wake_.notify_one();
}

void ThreadPool::Work() {
  for (;;) {
    Task task;
    {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, [this] { return closing_ || !tasks_.empty(); });
      if (tasks_.empty()) return;
      task = std::move(tasks_.front());
      tasks_.pop_front();
    }
    Run(task);
  }
}

void ThreadPool::Run(Task& task) {
  const Activity activity;
  if (activity) {
    task.run();
    task.run = nullptr;  // what it held may be the last share of something: that counts as work, too
  } else {
    // The process is exiting: what the task holds is left alone, as destroying it would be work.
    static_cast<void>(new std::function<void()>(std::move(task.run)));
  }
  task.membership.reset();
}

}  // namespace kdtalker
