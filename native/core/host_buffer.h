#pragma once

#include <cstddef>
#include <memory>

namespace kdtalker {

class Device;

// Owned memory of the host, aligned to 64, from which a stream uploads and to which it downloads without
// waiting. Pinned where the device has memory of its own. Freeing it waits for all operations that the
// device's streams were given.
class HostBuffer {
 public:
  HostBuffer() = default;
  HostBuffer(std::shared_ptr<Device> device, void* data, std::size_t bytes);
  HostBuffer(HostBuffer&& other) noexcept;
  HostBuffer& operator=(HostBuffer&& other) noexcept;
  HostBuffer(const HostBuffer&) = delete;
  HostBuffer& operator=(const HostBuffer&) = delete;
  ~HostBuffer();

  void* data() const { return data_; }
  std::size_t bytes() const { return bytes_; }

 private:
  std::shared_ptr<Device> device_;
  void* data_ = nullptr;
  std::size_t bytes_ = 0;
};

}  // namespace kdtalker
