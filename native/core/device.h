#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/host_buffer.h"

namespace kdtalker {

class Device;
class Event;
class Stream;
class TimedEvent;

// Owned bytes on a device. The address is a device address: host code must not dereference it (on `guarded`
// that faults).
class Memory {
 public:
  Memory() = default;
  Memory(std::shared_ptr<Device> device, void* address, std::size_t bytes);
  Memory(Memory&& other) noexcept;
  Memory& operator=(Memory&& other) noexcept;
  Memory(const Memory&) = delete;
  Memory& operator=(const Memory&) = delete;
  ~Memory();

  void* address() const { return address_; }
  std::size_t bytes() const { return bytes_; }
  const std::shared_ptr<Device>& device() const { return device_; }

 private:
  std::shared_ptr<Device> device_;
  void* address_ = nullptr;
  std::size_t bytes_ = 0;
};

// The reasons for copies between host and device. There are no other crossings.
enum class Crossing { kPack, kPicture, kSpectrogram, kMotion, kFrame, kPortrait, kTrace };
inline constexpr std::array<std::string_view, 7> kCrossingNames = {
    "pack", "picture", "spectrogram", "motion", "frame", "portrait", "trace"};

struct CrossingCount {
  std::string_view crossing;
  std::uint64_t uploads, upload_bytes, downloads, download_bytes;
};

// Calls of a GPU, which `native/cuda` counts.
struct DeviceWork {
  std::uint64_t allocations = 0, launches = 0, graph_launches = 0, synchronisations = 0;
};

// Which of two streams with work goes first.
enum class Priority { kNormal, kHigh };

// Where tensors live and kernels run. Thread-safe.
class Device : public std::enable_shared_from_this<Device> {
 public:
  virtual ~Device() = default;

  virtual std::string_view name() const = 0;

  // Operations of its streams are not done when a call returns.
  virtual bool asynchronous() const { return false; }

  // Throws Error OUT_OF_RESOURCES.
  virtual std::unique_ptr<Stream> MakeStream(Priority priority = Priority::kNormal) = 0;
  virtual std::unique_ptr<Event> MakeEvent() = 0;
  // Null if the device does not time its own work.
  virtual std::unique_ptr<TimedEvent> MakeTimedEvent();

  // Throws Error OUT_OF_RESOURCES.
  HostBuffer MakeHostBuffer(std::size_t bytes);

  // Whether ONNX Runtime, on the host's processor, reaches its memory.
  virtual bool runs_sessions() const { return true; }

  // What it was asked for, where that is counted.
  virtual DeviceWork work() const { return {}; }

  // Waits until everything that its streams were given is done; errors stay with the streams. Never call it
  // for a frame.
  virtual void Drain() noexcept {}

  // Uninitialised bytes, aligned to 64. Throws Error if the device has not enough memory.
  Memory Allocate(std::size_t bytes);

  // Gives ownership of a host buffer made with malloc to the device. A device that shares the host's memory
  // copies nothing; the call still counts as one upload.
  Memory Adopt(std::unique_ptr<void, void (*)(void*)> buffer, std::size_t bytes, Crossing why);

  // The address that arithmetic on this device uses for `address`. Only for kernels and ONNX Runtime.
  virtual void* Resolve(void* address) const = 0;

  // Resolves every device address inside a kernel's arguments, in place. Only for streams.
  virtual void ResolveArguments(void* arguments, std::size_t bytes) const = 0;

  std::vector<CrossingCount> counters() const;

  // Total bytes currently allocated on the device.
  std::uint64_t held_bytes() const { return held_.load(std::memory_order_relaxed); }

 protected:
  friend class HostBuffer;
  friend class Memory;
  friend class Stream;
  virtual void* AllocateBytes(std::size_t bytes) = 0;
  // Nothing else uses the bytes before the operations that the streams have been given are done.
  virtual void Free(void* address, std::size_t bytes) noexcept = 0;
  virtual void FreeHost(void* data, std::size_t bytes) noexcept;
  virtual void* AllocateHost(std::size_t bytes);
  // In the calling thread, not in the order of any stream.
  virtual void CopyIn(void* to, const void* from, std::size_t bytes) = 0;
  // Default: allocate and copy.
  virtual void* AdoptBytes(std::unique_ptr<void, void (*)(void*)> buffer, std::size_t bytes);

 private:
  struct Counter {
    std::atomic<std::uint64_t> uploads{0}, upload_bytes{0}, downloads{0}, download_bytes{0};
  };
  void CountUpload(std::size_t bytes, Crossing why);
  void CountDownload(std::size_t bytes, Crossing why);
  std::array<Counter, kCrossingNames.size()> counters_;
  std::atomic<std::uint64_t> held_{0};
};

// Of GPUs; other devices have none of it.
struct DeviceOptions {
  std::uint64_t most_bytes = 0;  // of its memory at a time; 0: as much as there is
  bool graphs = true;            // operations that repeat are captured
};

// Throws Error DEVICE_UNKNOWN or DEVICE_UNAVAILABLE. `auto` takes the fastest available device.
std::shared_ptr<Device> OpenDevice(const std::string& name, const DeviceOptions& options = {});

std::shared_ptr<Device> MakeCpuDevice();
std::shared_ptr<Device> MakeGuardedDevice();

}  // namespace kdtalker
