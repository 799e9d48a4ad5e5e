// A device for tests: it uses the host's memory, and its n-th operation of a kind fails.
#pragma once

#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>

#include "core/device.h"
#include "core/direct_stream.h"
#include "core/error.h"

class FailingDevice final : public kdtalker::Device {
 public:
  enum Operation { kAllocate, kUpload, kDownload, kCopy, kOperations };

  // The n-th operation of a kind from now on throws Error NATIVE, once.
  void FailAt(Operation operation, std::int64_t n) { left_[operation] = n; }

  std::string_view name() const override { return "cpu"; }
  std::unique_ptr<kdtalker::Stream> MakeStream(kdtalker::Priority) override {
    return std::make_unique<FailingStream>(std::static_pointer_cast<FailingDevice>(shared_from_this()));
  }
  std::unique_ptr<kdtalker::Event> MakeEvent() override { return std::make_unique<kdtalker::DirectEvent>(); }
  void* Resolve(void* address) const override { return address; }
  void ResolveArguments(void*, std::size_t) const override {}

 protected:
  void* AllocateBytes(std::size_t bytes) override {
    Count(kAllocate);
    return ::operator new(bytes == 0 ? 64 : bytes, std::align_val_t{64});
  }
  void Free(void* address, std::size_t) noexcept override {
    ::operator delete(address, std::align_val_t{64});
  }
  void CopyIn(void* to, const void* from, std::size_t bytes) override {
    Count(kUpload);
    std::memcpy(to, from, bytes);
  }

 private:
  class FailingStream final : public kdtalker::DirectStream {
   public:
    explicit FailingStream(const std::shared_ptr<FailingDevice>& device)
        : DirectStream(device), owner_(*device) {}
    void Copy(void* to, const void* from, std::size_t bytes) override {
      owner_.Count(kCopy);
      DirectStream::Copy(to, from, bytes);
    }

   protected:
    void CopyIn(void* to, const void* from, std::size_t bytes) override {
      owner_.Count(kUpload);
      DirectStream::CopyIn(to, from, bytes);
    }
    void CopyOut(void* to, const void* from, std::size_t bytes) override {
      owner_.Count(kDownload);
      DirectStream::CopyOut(to, from, bytes);
    }

   private:
    FailingDevice& owner_;
  };

  void Count(Operation operation) {
    if (left_[operation]-- == 0) throw kdtalker::Error("NATIVE", "the device failed, as the test wants");
  }

  std::atomic<std::int64_t> left_[kOperations] = {-1, -1, -1, -1};
};
