#include "core/call_thread.h"

#include <utility>

#include "core/start_thread.h"

namespace kdtalker {

CallThread::CallThread() : thread_(StartThread([this] { Work(); })) {}

CallThread::~CallThread() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

void CallThread::Make(void (*call)(void*), void* argument) {
  std::unique_lock lock(mutex_);
  call_ = call;
  argument_ = argument;
  wake_.notify_one();
  done_.wait(lock, [this] { return call_ == nullptr; });
  if (thrown_) std::rethrow_exception(std::exchange(thrown_, nullptr));
}

void CallThread::Work() {
  std::unique_lock lock(mutex_);
  for (;;) {
    wake_.wait(lock, [this] { return call_ != nullptr || ending_; });
    if (call_ == nullptr) return;
    lock.unlock();
    std::exception_ptr thrown;
    try {
      call_(argument_);
    } catch (...) {
      thrown = std::current_exception();
    }
    lock.lock();
    thrown_ = std::move(thrown);
    call_ = nullptr;
    done_.notify_one();
  }
}

}  // namespace kdtalker
