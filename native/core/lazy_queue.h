#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <exception>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>

#include "core/stream.h"

namespace kdtalker {

// The operations of one lazy stream. One thread adds; another, in Serve(), executes them in order, but only
// those that someone waits for. So what nobody waited for has not happened, and a missing wait gives wrong
// bytes every time, whatever the threads' speeds.
//
// Between threads it makes only the order that a stream promises, which ThreadSanitizer sees: adding before
// executing, and executing before a wait returns.
class LazyQueue {
 public:
  LazyQueue();
  LazyQueue(const LazyQueue&) = delete;
  LazyQueue& operator=(const LazyQueue&) = delete;

  // Adds operation(), which may throw. If the queue is full, the oldest operations are executed first.
  template <class Operation>
  void Add(Operation operation);

  // Adds run() of a copy of plain data, at most Stream::kMostArguments bytes.
  void Add(void (*run)(const void* data), const void* data, std::size_t bytes);

  std::uint64_t added() const { return added_.load(std::memory_order_acquire); }

  // Demands the first `upto` operations and waits for them. Throws the error if one of them failed. Any
  // thread.
  void WaitFor(std::uint64_t upto);
  void Finish(std::uint64_t upto) noexcept;  // without the error

  // The executing thread. Returns after End(), when all is executed.
  void Serve() noexcept;
  void End() noexcept;

 private:
  static constexpr std::uint64_t kNever = ~std::uint64_t{0};
  static constexpr std::uint64_t kSlots = 1024;

  struct Slot {
    void (*execute)(Slot& slot, bool skip);  // and destroys the data
    void (*run)(const void* data);
    alignas(16) std::byte data[Stream::kMostArguments];
  };

  Slot& Room();
  void Publish() { added_.store(added_.load(std::memory_order_relaxed) + 1, std::memory_order_release); }
  void Demand(std::uint64_t upto) noexcept;
  std::uint64_t NextDemand(std::uint64_t executed) const noexcept;
  void Execute(std::uint64_t at) noexcept;

  const std::unique_ptr<Slot[]> slots_;
  std::uint64_t free_upto_ = kSlots;  // of the adding thread
  std::atomic<std::uint64_t> added_{0}, demanded_{0}, done_{0};
  std::atomic<std::uint64_t> failed_at_{kNever};
  std::exception_ptr error_;  // written once, before done_ passes failed_at_
};

template <class Operation>
void LazyQueue::Add(Operation operation) {
  static_assert(sizeof(Operation) <= Stream::kMostArguments && alignof(Operation) <= 16);
  static_assert(std::is_nothrow_move_constructible_v<Operation>);
  Slot& slot = Room();
  new (slot.data) Operation(std::move(operation));
  slot.execute = [](Slot& own, bool skip) {
    Operation* given = std::launder(reinterpret_cast<Operation*>(own.data));
    const Operation taken = std::move(*given);
    given->~Operation();
    if (!skip) taken();
  };
  Publish();
}

}  // namespace kdtalker
