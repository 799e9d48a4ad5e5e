#include "core/host_buffer.h"

#include <utility>

#include "core/device.h"

namespace kdtalker {

HostBuffer::HostBuffer(std::shared_ptr<Device> device, void* data, std::size_t bytes)
    : device_(std::move(device)), data_(data), bytes_(bytes) {}

HostBuffer::HostBuffer(HostBuffer&& other) noexcept
    : device_(std::move(other.device_)),
      data_(std::exchange(other.data_, nullptr)),
      bytes_(std::exchange(other.bytes_, 0)) {}

HostBuffer& HostBuffer::operator=(HostBuffer&& other) noexcept {
  std::swap(device_, other.device_);
  std::swap(data_, other.data_);
  std::swap(bytes_, other.bytes_);
  return *this;
}

HostBuffer::~HostBuffer() {
  if (data_ != nullptr) device_->FreeHost(data_, bytes_);
}

}  // namespace kdtalker
