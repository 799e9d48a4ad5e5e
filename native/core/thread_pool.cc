#include "core/thread_pool.h"

#include <utility>

#include "core/activity.h"
#include "core/start_thread.h"

namespace kdtalker {
namespace {

constexpr unsigned kSharedThreads =
    4;  // enough for the calls that a service awaits at once; clips have their own threads

}  // namespace

std::shared_ptr<void> TaskGroup::Enter() {
  {
    const std::lock_guard lock(state_->mutex);
    state_->inside++;
  }
  // If allocating the shared pointer fails, its deleter runs at once.
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

ThreadPool::ThreadPool(unsigned most) : most_(most) {
  threads_.reserve(most);
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
  Tasks posted;
  posted.push_back(std::make_unique<Task>(Task{std::move(task), std::move(membership)}));
  {
    const std::lock_guard lock(mutex_);
    StartFor(tasks_.size() + 1);
    tasks_.splice(tasks_.end(), posted);
  }
  wake_.notify_one();
}

void ThreadPool::StartFor(std::size_t waiting) {
  if (waiting <= idle_ || threads_.size() == most_) return;
  try {
    threads_.push_back(StartThread([this] { Work(); }));
  } catch (...) {
    if (threads_.empty()) throw;
  }
}

void ThreadPool::Work() {
  for (;;) {
    Tasks taken;
    {
      std::unique_lock lock(mutex_);
      idle_++;
      wake_.wait(lock, [this] { return closing_ || !tasks_.empty(); });
      idle_--;
      if (tasks_.empty()) return;
      taken.splice(taken.begin(), tasks_, tasks_.begin());
    }
    Run(std::move(taken.front()));
  }
}

void ThreadPool::Run(std::unique_ptr<Task> task) {
  const std::shared_ptr<void> membership = std::move(task->membership);
  const Activity activity;
  if (activity) {
    task->run();
    task.reset();  // it may hold the last reference to something; freeing that counts as work too
  } else {
    // The process is exiting: what the task holds is not destroyed, since that would be work.
    static_cast<void>(task.release());
  }
}

}  // namespace kdtalker
