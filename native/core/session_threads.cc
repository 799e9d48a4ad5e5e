#include "core/session_threads.h"

#include <algorithm>
#include <exception>

#include "core/error.h"
#include "core/start_thread.h"

namespace kdtalker {

SessionThreads::SessionThreads(int most) {
  threads_.reserve(static_cast<std::size_t>(std::max(0, most)));
  try {
    for (int i = 0; i < most; i++) {
      auto made = std::make_unique<Thread>();
      made->thread = StartThread([this, thread = made.get()] { WaitAndWork(*thread); });
      threads_.push_back(std::move(made));
    }
  } catch (const std::exception&) {
    // The threads that started are enough.
  }
}

SessionThreads::~SessionThreads() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
    changed_.notify_all();
  }
  for (const auto& each : threads_) {
    if (each->thread.joinable()) each->thread.join();
  }
}

void SessionThreads::GiveTo(Ort::SessionOptions& options) {
  options.SetIntraOpNumThreads(static_cast<int>(count()) + 1);
  options.SetCustomCreateThreadFn(&SessionThreads::Take);
  options.SetCustomThreadCreationOptions(this);
  options.SetCustomJoinThreadFn(&SessionThreads::Join);
}

// Returns null, an error for ONNX Runtime, if it asks for more threads than announced.
OrtCustomThreadHandle SessionThreads::Take(void* self, OrtThreadWorkerFn work, void* argument) {
  auto& threads = *static_cast<SessionThreads*>(self);
  const std::lock_guard lock(threads.mutex_);
  if (threads.taken_ == threads.threads_.size()) return nullptr;
  Thread& thread = *threads.threads_[threads.taken_++];
  thread.argument = argument;
  thread.work = work;
  threads.changed_.notify_all();
  return reinterpret_cast<OrtCustomThreadHandle>(&thread);
}

void SessionThreads::Join(OrtCustomThreadHandle handle) {
  auto* thread = reinterpret_cast<Thread*>(const_cast<OrtCustomHandleType*>(handle));
  thread->thread.join();
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
