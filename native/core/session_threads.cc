#include "core/session_threads.h"

#include <algorithm>
#include <exception>

#include "core/error.h"
#include "core/start_thread.h"

namespace kdtalker {

SessionThreads::SessionThreads(int most) : threads_(static_cast<std::size_t>(std::max(0, most))) {}

SessionThreads::~SessionThreads() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
    changed_.notify_all();
  }
  for (Thread& each : threads_) {
    if (each.thread.joinable()) each.thread.join();
  }
}

bool SessionThreads::Start() noexcept {
  const std::lock_guard lock(start_mutex_);
  try {
    for (; started_ < threads_.size(); started_++) {
      Thread& next = threads_[started_];
      next.thread = StartThread([this, &next] { WaitAndWork(next); });
    }
    return true;
  } catch (const std::exception&) {
    return false;
  }
}

void SessionThreads::GiveTo(Ort::SessionOptions& options) {
  Start();  // those that started are enough
  options.SetIntraOpNumThreads(static_cast<int>(started_) + 1);
  options.SetCustomCreateThreadFn(&SessionThreads::Take);
  options.SetCustomThreadCreationOptions(this);
  options.SetCustomJoinThreadFn(&SessionThreads::Join);
}

void SessionThreads::GiveTo(Ort::ThreadingOptions& options) {
  options.SetGlobalIntraOpNumThreads(static_cast<int>(threads_.size()) + 1);
  options.SetGlobalCustomCreateThreadFn(&SessionThreads::Take);
  options.SetGlobalCustomThreadCreationOptions(this);
  options.SetGlobalCustomJoinThreadFn(&SessionThreads::Join);
}

// Returns null, an error for ONNX Runtime, if it asks for more threads than announced.
OrtCustomThreadHandle SessionThreads::Take(void* self, OrtThreadWorkerFn work, void* argument) {
  auto& threads = *static_cast<SessionThreads*>(self);
  const std::lock_guard lock(threads.mutex_);
  if (threads.taken_ == threads.threads_.size()) return nullptr;
  Thread& thread = threads.threads_[threads.taken_++];
  thread.working = true;
  thread.argument = argument;
  thread.work = work;
  threads.changed_.notify_all();
  return reinterpret_cast<OrtCustomThreadHandle>(&thread);
}

void SessionThreads::Join(OrtCustomThreadHandle handle) {
  auto* thread = reinterpret_cast<Thread*>(const_cast<OrtCustomHandleType*>(handle));
  if (thread->thread.joinable()) thread->thread.join();  // unless it was never started
  thread->working = false;
}

bool SessionThreads::used() const noexcept {
  return std::all_of(threads_.begin(), threads_.end(),
                     [](const Thread& each) { return each.working.load(); });
}

bool SessionThreads::working() const noexcept {
  return std::any_of(threads_.begin(), threads_.end(),
                     [](const Thread& each) { return each.working.load(); });
}

void SessionThreads::WaitAndWork(Thread& thread) {
  {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return ending_ || thread.work != nullptr; });
    if (thread.work == nullptr) return;
  }
  thread.work(thread.argument);
}

}  // namespace kdtalker
