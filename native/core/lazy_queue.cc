#include "core/lazy_queue.h"

namespace kdtalker {

LazyQueue::LazyQueue() : slots_(std::make_unique_for_overwrite<Slot[]>(kSlots)) {}

LazyQueue::Slot& LazyQueue::Room() {
  const std::uint64_t added = added_.load(std::memory_order_relaxed);
  if (added == free_upto_) {
    Finish(added - kSlots / 2);
    free_upto_ = added + kSlots / 2;
  }
  return slots_[added % kSlots];
}

void LazyQueue::Add(void (*run)(const void*), const void* data, std::size_t bytes) {
  Slot& slot = Room();
  std::memcpy(slot.data, data, bytes);
  slot.run = run;
  slot.execute = [](Slot& own, bool skip) {
    if (!skip) own.run(own.data);
  };
  Publish();
}

// Relaxed, because asking for work orders nothing.
void LazyQueue::Demand(std::uint64_t upto) noexcept {
  std::uint64_t demanded = demanded_.load(std::memory_order_relaxed);
  while (demanded < upto) {
    if (!demanded_.compare_exchange_weak(demanded, upto, std::memory_order_relaxed)) continue;
    demanded_.notify_one();
    return;
  }
}

void LazyQueue::Finish(std::uint64_t upto) noexcept {
  Demand(upto);
  for (;;) {
    const std::uint64_t done = done_.load(std::memory_order_acquire);
    if (done >= upto) return;
    done_.wait(done, std::memory_order_acquire);
  }
}

void LazyQueue::WaitFor(std::uint64_t upto) {
  Finish(upto);
  if (failed_at_.load(std::memory_order_relaxed) < upto) std::rethrow_exception(error_);
}

void LazyQueue::End() noexcept {
  Demand(kNever);
}

std::uint64_t LazyQueue::NextDemand(std::uint64_t executed) const noexcept {
  for (;;) {
    const std::uint64_t demanded = demanded_.load(std::memory_order_relaxed);
    if (demanded > executed) return demanded;
    demanded_.wait(demanded, std::memory_order_relaxed);
  }
}

void LazyQueue::Serve() noexcept {
  for (std::uint64_t at = 0;; at++) {
    const bool ending = NextDemand(at) == kNever;
    // Whoever demanded an operation has seen it added, so it is there, or about to be seen here.
    while (added_.load(std::memory_order_acquire) <= at) {
      if (ending) return;
    }
    Execute(at);
    done_.store(at + 1, std::memory_order_release);
    done_.notify_all();
  }
}

void LazyQueue::Execute(std::uint64_t at) noexcept {
  Slot& slot = slots_[at % kSlots];
  const bool failed = failed_at_.load(std::memory_order_relaxed) != kNever;
  try {
    slot.execute(slot, failed);
  } catch (...) {
    error_ = std::current_exception();
    failed_at_.store(at, std::memory_order_relaxed);
  }
}

}  // namespace kdtalker
