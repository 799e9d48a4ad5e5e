// A device for tests that goes on alone, over the host's memory: what a stream is given happens only when
// somebody waits for it, also when memory goes. Nothing else waits, so that what a missing wait leaves undone
// is seen.
#pragma once

#include <cstddef>
#include <cstring>
#include <memory>
#include <mutex>
#include <new>
#include <vector>

#include "core/device.h"
#include "core/lazy_stream.h"

class LateDevice final : public kdtalker::Device {
 public:
  std::string_view name() const override { return "late"; }
  bool asynchronous() const override { return true; }
  std::unique_ptr<kdtalker::Stream> MakeStream(kdtalker::Priority) override {
    auto stream = std::make_unique<kdtalker::LazyStream>(shared_from_this(), streams_);
    newest_ = stream.get();
    return stream;
  }
  std::unique_ptr<kdtalker::Event> MakeEvent() override { return std::make_unique<kdtalker::LazyEvent>(); }
  void Drain() noexcept override { streams_.Drain(); }
  void* Resolve(void* address) const override { return address; }
  void ResolveArguments(void*, std::size_t) const override {}

  // The stream that was made last; its maker owns it.
  kdtalker::Stream& newest() const { return *newest_; }

 protected:
  // Zeros, kept as long as the device: what is undone may still read and write them.
  void* AllocateBytes(std::size_t bytes) override {
    const std::lock_guard lock(mutex_);
    auto& block = blocks_.emplace_back(static_cast<std::byte*>(::operator new(bytes + 64, kAlignment)));
    return std::memset(block.get(), 0, bytes + 64);
  }
  void Free(void*, std::size_t) noexcept override {}
  void CopyIn(void* to, const void* from, std::size_t bytes) override { std::memcpy(to, from, bytes); }

 private:
  static constexpr std::align_val_t kAlignment{64};
  struct Release {
    void operator()(std::byte* bytes) const { ::operator delete(bytes, kAlignment); }
  };

  std::mutex mutex_;
  std::vector<std::unique_ptr<std::byte, Release>> blocks_;
  kdtalker::LazyStreams streams_;
  kdtalker::Stream* newest_ = nullptr;
};
