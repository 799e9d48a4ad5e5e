#include "core/device.h"

#include <cstdlib>
#include <utility>

#include "core/cuda_device.h"
#include "core/error.h"
#include "core/stream.h"

namespace kdtalker {

Memory::Memory(std::shared_ptr<Device> device, void* address, std::size_t bytes)
    : device_(std::move(device)), address_(address), bytes_(bytes) {
  device_->held_.fetch_add(bytes_, std::memory_order_relaxed);
}

Memory::Memory(Memory&& other) noexcept
    : device_(std::move(other.device_)),
      address_(std::exchange(other.address_, nullptr)),
      bytes_(std::exchange(other.bytes_, 0)) {}

Memory& Memory::operator=(Memory&& other) noexcept {
  std::swap(device_, other.device_);
  std::swap(address_, other.address_);
  std::swap(bytes_, other.bytes_);
  return *this;
}

Memory::~Memory() {
  if (address_ == nullptr) return;
  device_->Free(address_, bytes_);
  device_->held_.fetch_sub(bytes_, std::memory_order_relaxed);
}

std::unique_ptr<TimedEvent> Device::MakeTimedEvent() {
  return nullptr;
}

Memory Device::Allocate(std::size_t bytes) {
  return Memory(shared_from_this(), AllocateBytes(bytes), bytes);
}

void Device::CountUpload(std::size_t bytes, Crossing why) {
  Counter& counter = counters_[static_cast<std::size_t>(why)];
  counter.uploads.fetch_add(1, std::memory_order_relaxed);
  counter.upload_bytes.fetch_add(bytes, std::memory_order_relaxed);
}

void Device::CountDownload(std::size_t bytes, Crossing why) {
  Counter& counter = counters_[static_cast<std::size_t>(why)];
  counter.downloads.fetch_add(1, std::memory_order_relaxed);
  counter.download_bytes.fetch_add(bytes, std::memory_order_relaxed);
}

HostBuffer Device::MakeHostBuffer(std::size_t bytes) {
  return HostBuffer(shared_from_this(), AllocateHost(bytes), bytes);
}

void* Device::AllocateHost(std::size_t bytes) {
  void* data = nullptr;
  if (::posix_memalign(&data, 64, bytes == 0 ? 64 : bytes) != 0) {
    throw Error("OUT_OF_RESOURCES",
                "Expected " + std::to_string(bytes) + " bytes of memory but the system has none left");
  }
  return data;
}

void Device::FreeHost(void* data, std::size_t) noexcept {
  Drain();
  std::free(data);
}

Memory Device::Adopt(std::unique_ptr<void, void (*)(void*)> buffer, std::size_t bytes, Crossing why) {
  Memory memory(shared_from_this(), AdoptBytes(std::move(buffer), bytes), bytes);
  CountUpload(bytes, why);
  return memory;
}

void* Device::AdoptBytes(std::unique_ptr<void, void (*)(void*)> buffer, std::size_t bytes) {
  void* address = AllocateBytes(bytes);
  try {
    CopyIn(address, buffer.get(), bytes);
  } catch (...) {
    Free(address, bytes);
    throw;
  }
  return address;
}

std::vector<CrossingCount> Device::counters() const {
  std::vector<CrossingCount> counts;
  for (std::size_t i = 0; i < kCrossingNames.size(); i++) {
    const Counter& counter = counters_[i];
    counts.push_back({kCrossingNames[i], counter.uploads.load(), counter.upload_bytes.load(),
                      counter.downloads.load(), counter.download_bytes.load()});
  }
  return counts;
}

std::shared_ptr<Device> OpenDevice(const std::string& name, const DeviceOptions& options) {
  if (name == "auto" || name == "cpu") return MakeCpuDevice();
  if (name == "guarded") return MakeGuardedDevice();
  if (IsGpuName(name)) return MakeCudaDevice(name, options);
  throw Error(
      "DEVICE_UNKNOWN",
      "Expected 'auto', 'cpu', 'cuda', 'cuda:N', 'tensorrt:N' or 'guarded' for device but received '" + name +
          "'");
}

}  // namespace kdtalker
