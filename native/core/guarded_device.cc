// A device for tests. Its addresses are in a range that the host cannot access. The same bytes are mapped at
// a second range, the "view", which only declared copies, kernels and ONNX Runtime use. Host code that
// dereferences a device address faults at once, on any thread, so hidden copies are detected. Its streams are
// lazy: an operation happens only when someone waits for it, so missing waits are detected. It counts
// allocations and waits for a stream, as a GPU does.
#include <sys/mman.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <map>
#include <mutex>
#include <utility>

#include "core/device.h"
#include "core/error.h"
#include "core/lazy_stream.h"

namespace kdtalker {
namespace {

constexpr std::size_t kPage = 4096;
constexpr std::size_t kRange = std::size_t{64} << 30;  // address space only; pages appear when used

std::size_t RoundToPages(std::size_t bytes) {
  return (std::max<std::size_t>(bytes, 1) + kPage - 1) / kPage * kPage;
}

class AddressRange {
 public:
  AddressRange()
      : base_(::mmap(nullptr, kRange, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)) {
    if (base_ == MAP_FAILED) {
      throw Error("DEVICE_UNAVAILABLE",
                  std::string("Expected 64 GiB of address space for device 'guarded' but mmap said: ") +
                      std::strerror(errno));
    }
  }
  ~AddressRange() { ::munmap(base_, kRange); }
  AddressRange(const AddressRange&) = delete;
  AddressRange& operator=(const AddressRange&) = delete;

  std::uintptr_t begin() const { return reinterpret_cast<std::uintptr_t>(base_); }
  bool Contains(std::uintptr_t address) const { return address - begin() < kRange; }

 private:
  void* base_;
};

class GuardedDevice final : public Device {
 public:
  std::string_view name() const override { return "guarded"; }
  bool asynchronous() const override { return true; }

  std::unique_ptr<Stream> MakeStream(Priority) override {
    return std::make_unique<LazyStream>(shared_from_this(), streams_);
  }
  std::unique_ptr<Event> MakeEvent() override { return std::make_unique<LazyEvent>(); }
  void Drain() noexcept override { streams_.Drain(); }
  DeviceWork work() const override {
    DeviceWork work;
    work.allocations = allocations_;
    work.synchronisations = streams_.synchronisations();
    return work;
  }

  void* Resolve(void* address) const override {
    const auto value = reinterpret_cast<std::uintptr_t>(address);
    return guard_.Contains(value) ? reinterpret_cast<void*>(value - guard_.begin() + view_.begin()) : address;
  }

  // A kernel is plain data, so its device addresses are found by value: only addresses have values within the
  // guarded range.
  void ResolveArguments(void* arguments, std::size_t bytes) const override {
    auto* words = static_cast<std::byte*>(arguments);
    for (std::size_t at = 0; at + sizeof(void*) <= bytes; at += sizeof(void*)) {
      void* word;
      std::memcpy(&word, words + at, sizeof(word));
      word = Resolve(word);
      std::memcpy(words + at, &word, sizeof(word));
    }
  }

 protected:
  void* AllocateBytes(std::size_t bytes) override {
    const std::size_t size = RoundToPages(bytes);
    allocations_++;
    const std::lock_guard lock(mutex_);
    const Blocks::iterator block = TakeBlock(size);
    if (::mprotect(ViewAt(block->second), size, PROT_READ | PROT_WRITE) != 0) {
      const std::string why = std::strerror(errno);
      free_.insert(used_.extract(block));
      throw Error("OUT_OF_RESOURCES", "Expected pages for device 'guarded' but mprotect said: " + why);
    }
    return reinterpret_cast<void*>(guard_.begin() + block->second);
  }

  void Free(void* address, std::size_t bytes) noexcept override {
    Drain();
    const std::size_t size = RoundToPages(bytes);
    const std::size_t offset = reinterpret_cast<std::uintptr_t>(address) - guard_.begin();
    const std::lock_guard lock(mutex_);
    ::madvise(ViewAt(offset), size, MADV_DONTNEED);
    ::mprotect(ViewAt(offset), size, PROT_NONE);
    auto block = used_.lower_bound(size);
    while (block->second != offset) block++;
    free_.insert(used_.extract(block));
  }

  void CopyIn(void* to, const void* from, std::size_t bytes) override {
    std::memcpy(Resolve(to), from, bytes);
  }

 private:
  using Blocks = std::multimap<std::size_t, std::size_t>;  // size -> offset

  // Freed blocks are reused for the same size; others come from the end of the range. Freed pages cost only
  // address space. A block's node moves from one list to the other, so that freeing allocates nothing.
  Blocks::iterator TakeBlock(std::size_t size) {
    if (const auto found = free_.find(size); found != free_.end()) return used_.insert(free_.extract(found));
    if (end_ + size > kRange)
      throw Error("OUT_OF_RESOURCES", "Expected room on device 'guarded' but its 64 GiB are used up");
    const auto block = used_.emplace(size, end_);
    end_ += size;
    return block;
  }

  void* ViewAt(std::size_t offset) const { return reinterpret_cast<void*>(view_.begin() + offset); }

  AddressRange guard_, view_;
  LazyStreams streams_;
  std::atomic<std::uint64_t> allocations_{0};
  std::mutex mutex_;
  Blocks used_, free_;
  std::size_t end_ = 0;
};

}  // namespace

std::shared_ptr<Device> MakeGuardedDevice() {
  return std::make_shared<GuardedDevice>();
}

}  // namespace kdtalker
