#include "core/activity.h"

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdlib>
#include <mutex>
#include <new>
#include <utility>

namespace kdtalker {
namespace {

constexpr auto kLongestWait = std::chrono::seconds(10);  // then exit() goes on: a crash at exit beats a hang

}  // namespace

struct Activity::Registry {
  std::mutex mutex;
  std::condition_variable changed;
  Activity* first = nullptr;
  bool exiting = false;

  Activity* NextToTell() const {
    Activity* each = first;
    while (each != nullptr && each->told_) each = each->after_;
    return each;
  }
};

// Never destroyed: threads may leave after static destruction has begun. Nor allocated.
Activity::Registry& Activity::TheRegistry() {
  alignas(Registry) static std::byte storage[sizeof(Registry)];
  static auto* registry = new (storage) Registry;
  return *registry;
}

// An activity stays alive until its `stop` has returned, although its work may end meanwhile.
void Activity::StopAll() {
  Registry& registry = TheRegistry();
  std::unique_lock lock(registry.mutex);
  registry.exiting = true;
  while (Activity* activity = registry.NextToTell()) {
    activity->told_ = activity->being_told_ = true;
    lock.unlock();
    if (activity->stop_) activity->stop_();
    lock.lock();
    activity->being_told_ = false;
    registry.changed.notify_all();
  }
  registry.changed.wait_for(lock, kLongestWait, [&] { return registry.first == nullptr; });
}

Activity::Activity(std::function<void()> stop) noexcept : stop_(std::move(stop)) {
  Registry& registry = TheRegistry();
  const std::lock_guard lock(registry.mutex);
  entered_ = !registry.exiting;
  if (!entered_) return;
  after_ = registry.first;
  if (after_ != nullptr) after_->before_ = this;
  registry.first = this;
}

Activity::~Activity() {
  if (!entered_) return;
  Registry& registry = TheRegistry();
  std::unique_lock lock(registry.mutex);
  registry.changed.wait(lock, [this] { return !being_told_; });
  (before_ == nullptr ? registry.first : before_->after_) = after_;
  if (after_ != nullptr) after_->before_ = before_;
  registry.changed.notify_all();
}

void Activity::StopAllAtExit() {
  static const bool registered = std::atexit(StopAll) == 0;
  (void)registered;
}

}  // namespace kdtalker
