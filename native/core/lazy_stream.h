#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "core/lazy_queue.h"
#include "core/stream.h"

namespace kdtalker {

// The streams of a device, so that freeing memory can wait for all of them.
class LazyStreams {
 public:
  void Add(LazyQueue* queue);
  void Remove(const LazyQueue* queue) noexcept;
  void Drain() noexcept;  // waits for everything that was given to any of them

  // How often somebody waited for one of them.
  std::uint64_t synchronisations() const { return synchronisations_; }
  void CountSynchronisation() { synchronisations_++; }

 private:
  std::atomic<std::uint64_t> synchronisations_{0};
  std::mutex mutex_;
  std::vector<LazyQueue*> queues_;
};

// A stream with a thread of its own, whose operations happen only when someone waits for them: of
// Synchronise(), of an event, or of a stream that waits for an event. For a device whose view of its memory
// is the host's.
class LazyStream final : public Stream {
 public:
  // Throws Error OUT_OF_RESOURCES if the system gives no thread.
  LazyStream(std::shared_ptr<Device> device, LazyStreams& all);
  ~LazyStream() override;

  void Copy(void* to, const void* from, std::size_t bytes) override;
  void Record(Event& event) override;
  void Wait(const Event& event) override;
  void Synchronise() override;

 protected:
  void LaunchFunctor(const Functor& functor, void* kernel, std::size_t bytes) override;
  void RunOnHost(void (*run)(const void* work), const void* work, std::size_t bytes) override;
  void CopyIn(void* to, const void* from, std::size_t bytes) override;
  void CopyOut(void* to, const void* from, std::size_t bytes) override;
  void CopyInNow(void* to, const void* from, std::size_t bytes) override;
  void CopyOutNow(void* to, const void* from, std::size_t bytes) override;

 private:
  void Move(void* to, const void* from, std::size_t bytes);  // addresses of the host

  LazyStreams& all_;
  const std::shared_ptr<LazyQueue> queue_;
  std::thread thread_;
};

class LazyEvent final : public Event {
 public:
  void Synchronise() override;

 private:
  friend class LazyStream;
  std::shared_ptr<LazyQueue> queue_;  // null: never recorded
  std::uint64_t upto_ = 0;
};

}  // namespace kdtalker
