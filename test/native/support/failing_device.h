// A device for tests: it uses the host's memory, and its n-th operation of a kind fails.
#pragma once

#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <new>

#include "core/device.h"
#include "core/error.h"

class FailingDevice final : public kdtalker::Device {
 public:
  enum Operation { kAllocate, kUpload, kDownload, kCopy, kOperations };

  // The n-th operation of a kind from now on throws Error NATIVE, once.
  void FailAt(Operation operation, std::int64_t n) { left_[operation] = n; }

  std::string_view name() const override { return "cpu"; }
  void Copy(void* to, const void* from, std::size_t bytes) override {
    Count(kCopy);
    std::memcpy(to, from, bytes);
  }
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
  void CopyOut(void* to, const void* from, std::size_t bytes) override {
    Count(kDownload);
    std::memcpy(to, from, bytes);
  }

 private:
  void Count(Operation operation) {
    if (left_[operation]-- == 0) throw kdtalker::Error("NATIVE", "the device failed, as the test wants");
  }

  std::atomic<std::int64_t> left_[kOperations] = {-1, -1, -1, -1};
};
