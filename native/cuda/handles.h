// What the handles of abi.h point to, and how a function of the library begins and ends.
#pragma once

#include <cuda_runtime_api.h>

#include <cstddef>
#include <memory>
#include <mutex>
#include <new>
#include <vector>

#include "cuda/abi.h"
#include "cuda/memory.h"

namespace kdtalker::cuda {

struct Device {
  Device(int number, std::uint64_t most);

  // The current device belongs to a thread. Called before anything else of CUDA's.
  cudaError_t Enter() const;

  const int index;
  Streams streams;
  Memory memory, host;
  std::atomic<std::uint64_t> launches{0}, graph_launches{0}, synchronisations{0};
};

// Lets the host's work of a stream run until the stream is destroyed. A lost device refuses to be waited for,
// although a thread of CUDA may still be at work.
class Gate {
 public:
  template <class Work>
  void Pass(Work work) {
    const std::lock_guard lock(mutex_);
    if (open_) work();
  }
  // Waits for the work that passes.
  void Close() {
    const std::lock_guard lock(mutex_);
    open_ = false;
  }

 private:
  std::mutex mutex_;
  bool open_ = true;
};

// Work for the host, kept until it has run; a graph keeps its own as long as it lives.
struct HostWork {
  void Run() {
    gate->Pass([this] { run(bytes.get()); });
  }

  void (*run)(const void* work);
  std::unique_ptr<std::max_align_t[]> bytes;
  std::shared_ptr<Gate> gate;
};
using HostWorks = std::vector<std::unique_ptr<HostWork>>;

struct Stream {
  explicit Stream(Device& owner) : device(owner) {}

  // Counts an operation whose call returned `error`, and passes the error on.
  cudaError_t Given(cudaError_t error);

  Device& device;
  cudaStream_t handle = nullptr;
  std::shared_ptr<Progress> progress;
  std::shared_ptr<Gate> gate = std::make_shared<Gate>();
  bool capturing = false;
  HostWorks captured;  // of the capture under way
};

struct Event {
  explicit Event(Device& owner) : device(owner) {}

  Device& device;
  cudaEvent_t handle = nullptr;
  // Of the last record: the stream, and how many operations it had been given.
  std::shared_ptr<Progress> progress;
  std::uint64_t given = 0;
};

struct Graph {
  Device& device;
  cudaGraphExec_t exec = nullptr;
  HostWorks works;
};

// Runs a function of the interface: no exception leaves the library, and an error that is not sticky is not
// given twice.
template <class Function>
Status Run(Function function) noexcept {
  cudaError_t error = cudaErrorUnknown;
  try {
    error = function();
  } catch (const std::bad_alloc&) {
    return cudaErrorMemoryAllocation;
  } catch (...) {
    return cudaErrorUnknown;
  }
  if (error != cudaSuccess) cudaGetLastError();
  return error;
}

// The same with the device as the thread's current one.
template <class Function>
Status RunOn(const Device& device, Function function) noexcept {
  return Run([&] {
    const cudaError_t error = device.Enter();
    return error == cudaSuccess ? function() : error;
  });
}

// The groups of functions; api.cc puts them into the table.
void AddDevices(Api& api);
void AddStreams(Api& api);
void AddGraphs(Api& api);

}  // namespace kdtalker::cuda
