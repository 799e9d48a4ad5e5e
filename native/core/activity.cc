#include "core/activity.h"

#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <map>
#include <mutex>
#include <utility>

namespace kdtalker {
namespace {

constexpr auto kLongestWait = std::chrono::seconds(10);  // then exit() goes on: a crash at exit beats a hang

struct Registry {
  std::mutex mutex;
  std::condition_variable left;
  std::map<const Activity*, std::function<void()>> active;
  bool exiting = false;
};

// Never destroyed: threads may leave after static destruction has begun.
Registry& TheRegistry() {
  static auto* registry = new Registry;
  return *registry;
}

}  // namespace

void Activity::StopAll() {
  Registry& registry = TheRegistry();
  std::unique_lock lock(registry.mutex);
  registry.exiting = true;
  for (const auto& [activity, stop] : registry.active) {
    if (stop) stop();
  }
  registry.left.wait_for(lock, kLongestWait, [&] { return registry.active.empty(); });
}

Activity::Activity(std::function<void()> stop) {
  Registry& registry = TheRegistry();
  const std::lock_guard lock(registry.mutex);
  entered_ = !registry.exiting;
  if (entered_) registry.active.emplace(this, std::move(stop));
}

Activity::~Activity() {
  if (!entered_) return;
  Registry& registry = TheRegistry();
  const std::lock_guard lock(registry.mutex);
  registry.active.erase(this);
  registry.left.notify_all();
}

void Activity::StopAllAtExit() {
  static const bool registered = std::atexit(StopAll) == 0;
  (void)registered;
}

}  // namespace kdtalker
