#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <type_traits>
#include <utility>

#include "core/device.h"
#include "core/host_buffer.h"

namespace kdtalker {

// A place in the order of a stream. Made by Device::MakeEvent(); recorded again and again. A wait means the
// last record before it; without one it returns at once. An event outlives the stream that recorded it.
// Record and waits may come from different threads, one at a time.
class Event {
 public:
  virtual ~Event() = default;

  // Waits in the calling thread until everything before the record is done. Throws the stream's error, if one
  // of those operations failed.
  virtual void Synchronise() = 0;
};

// Operations that a stream captured, to be launched as one. Made by Stream::EndCapture(). What the operations
// use must live as long as it; it waits for its launches in its destructor.
class Graph {
 public:
  virtual ~Graph() = default;
};

// An event of a device that times its own work. Made by Device::MakeTimedEvent().
class TimedEvent : public Event {
 public:
  // From the last record of `begin` to that of this. Waits for them if they are not done. Throws the stream's
  // error.
  virtual double MillisecondsSince(const TimedEvent& begin) = 0;
};

// A functor of native/kernels, as a device receives it that does not run it within the call.
struct Functor {
  int number;                       // KernelNumber<>, for a device with a table of its own
  void (*run)(const void* kernel);  // runs all its indices on the host, over addresses of the host
};

// The number of a functor in the list that a device and the engine share; kUnlisted if it is in none.
inline constexpr int kUnlisted = -1;
template <class Kernel>
struct KernelNumber : std::integral_constant<int, kUnlisted> {};

// Operations of a device, done one after the other in the order of the calls. Operations of two streams have
// no order but that of Record() and Wait(). Made by Device::MakeStream(). One thread at a time; the
// destructor waits for what was given, and ignores its errors.
//
// On a device that is not asynchronous (`cpu`) an operation is done, and throws, within the call. Elsewhere
// the call only gives it to the device, and:
//
// - everything that an operation reads and writes must live and stay unchanged until it is done. Memory and
//   HostBuffer may go at any time: their bytes are used for something else only when the operations are done;
// - an error surfaces at the next Synchronise(), or at a wait for an event that was recorded behind it, with
//   its code. The stream skips what is behind the failed operation and stays failed.
class Stream {
 public:
  virtual ~Stream() = default;
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  Device& device() const { return *device_; }
  const std::shared_ptr<Device>& shared_device() const { return device_; }

  // Runs kernel(0) .. kernel(count() - 1). A kernel is plain data (native/kernels): its pointers are device
  // addresses.
  template <class Kernel>
  void Launch(Kernel kernel);

  // Device to device: not a crossing.
  virtual void Copy(void* to, const void* from, std::size_t bytes) = 0;

  // Crossings that do not wait: the host's bytes are read, or valid, when the operation is done.
  void Upload(void* to, const HostBuffer& from, std::size_t bytes, Crossing why);
  void Download(const HostBuffer& to, const void* from, std::size_t bytes, Crossing why);

  // Crossings of any memory of the host, done when the call returns: for what happens once.
  void UploadNow(void* to, const void* from, std::size_t bytes, Crossing why);
  void DownloadNow(void* to, const void* from, std::size_t bytes, Crossing why);

  // Runs work() on the host in the order of the stream. It must not use the device. The work is plain data
  // that is copied; what it points to must live until it is done. Only where Device::runs_sessions().
  template <class Work>
  void OnHost(Work work);

  // From here on operations are captured instead of done. False if the device cannot: nothing has changed.
  virtual bool BeginCapture() { return false; }
  // What was captured; null if the device refuses it, and then the operations have to be given again.
  virtual std::unique_ptr<Graph> EndCapture() { return nullptr; }
  virtual bool capturing() const { return false; }
  virtual void Replay(Graph&) {}

  // The stream as CUDA knows it, for a library that gives it work itself; null elsewhere. What such a library
  // gave belongs to the operations before the next Record().
  virtual void* Handle() { return nullptr; }

  virtual void Record(Event& event) = 0;

  // What comes after in this stream waits for the event, on the device; the call does not wait.
  virtual void Wait(const Event& event) = 0;

  // Waits in the calling thread until all operations are done. Throws the first error.
  virtual void Synchronise() = 0;

  // Throws the error of an operation that the device refused when it was given; waits for nothing.
  virtual void ThrowIfFailed() const {}

  // Operations that are done within the call may give way to other work here: `give_way` is called by
  // Pause(), and its time is not that of the operations.
  void OnPause(std::function<void()> give_way) { give_way_ = std::move(give_way); }
  void Pause();
  std::chrono::steady_clock::duration paused() const { return paused_; }

  // Room for a functor or for a host's work, bytes.
  static constexpr std::size_t kMostArguments = 1024;

 protected:
  Stream(std::shared_ptr<Device> device, bool immediate)
      : device_(std::move(device)), immediate_(immediate) {}

  // `kernel` is only valid during the call; `bytes` at most kMostArguments; its padding is zero.
  virtual void LaunchFunctor(const Functor& functor, void* kernel, std::size_t bytes) = 0;
  virtual void RunOnHost(void (*run)(const void* work), const void* work, std::size_t bytes) = 0;

  virtual void CopyIn(void* to, const void* from, std::size_t bytes) = 0;   // from a HostBuffer
  virtual void CopyOut(void* to, const void* from, std::size_t bytes) = 0;  // to a HostBuffer
  // The same for any memory of the host, done on return.
  virtual void CopyInNow(void* to, const void* from, std::size_t bytes) = 0;
  virtual void CopyOutNow(void* to, const void* from, std::size_t bytes) = 0;

 private:
  template <class Kernel>
  static void RunAll(const void* kernel);

  const std::shared_ptr<Device> device_;
  const bool immediate_;  // operations are done within the call, and device addresses are the host's
  std::function<void()> give_way_;
  std::chrono::steady_clock::duration paused_{};
};

inline void Stream::Pause() {
  if (!give_way_) return;
  const auto begun = std::chrono::steady_clock::now();
  give_way_();
  paused_ += std::chrono::steady_clock::now() - begun;
}

template <class Kernel>
void Stream::RunAll(const void* kernel) {
  const Kernel& functor = *static_cast<const Kernel*>(kernel);
  const std::int64_t count = functor.count();
  for (std::int64_t i = 0; i < count; i++) functor(i);
}

template <class Kernel>
void Stream::Launch(Kernel kernel) {
  static_assert(std::is_trivially_copyable_v<Kernel>, "kernels are copied to the device byte by byte");
  static_assert(sizeof(Kernel) <= kMostArguments && alignof(Kernel) <= 16);
#if !defined(KDTALKER_UNLISTED_KERNELS)  // which tests have
  static_assert(KernelNumber<Kernel>::value != kUnlisted, "name the kernel in core/kernel_list.h");
#endif
  if (immediate_) {
    // Nobody else has the address of this copy, so that a loop keeps the kernel's members in registers while
    // it writes through its pointers, and can be vectorised.
    const Kernel own = kernel;
    const std::int64_t count = own.count();
    for (std::int64_t i = 0; i < count; i++) own(i);
    return;
  }
#if defined(__has_builtin)
#if __has_builtin(__builtin_clear_padding)
  // Half of an old pointer after a number could look like an address together with that number.
  __builtin_clear_padding(&kernel);
#endif
#endif
  LaunchFunctor({KernelNumber<Kernel>::value, &RunAll<Kernel>}, &kernel, sizeof(kernel));
}

template <class Work>
void Stream::OnHost(Work work) {
  static_assert(std::is_trivially_copyable_v<Work>, "work is copied to the stream byte by byte");
  static_assert(sizeof(Work) <= kMostArguments && alignof(Work) <= 16);
  if (immediate_) return work();
  RunOnHost([](const void* given) { (*static_cast<const Work*>(given))(); }, &work, sizeof(work));
}

}  // namespace kdtalker
