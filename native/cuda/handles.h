// What the handles of abi.h point to, and how a function of the library begins and ends.
#pragma once

#include <cuda_runtime_api.h>

#include <cstddef>
#include <memory>
#include <new>

#include "cuda/abi.h"
#include "cuda/memory.h"

namespace kdtalker::cuda {

struct Device {
  Device(int number, std::uint64_t most);

  // The current device belongs to a thread. Called before anything else of CUDA's.
  cudaError_t Enter() const;
  // The calling thread's current device may be another one since.
  static void Left();

  const int index;
  Streams streams;
  Memory memory, host;
  std::atomic<std::uint64_t> launches{0}, graph_launches{0}, synchronisations{0};
};

struct Stream {
  explicit Stream(Device& owner) : device(owner) {}

  // Counts an operation whose call returned `error`, and passes the error on.
  cudaError_t Given(cudaError_t error);

  Device& device;
  cudaStream_t handle = nullptr;
  std::shared_ptr<Progress> progress;
  bool capturing = false;
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
  explicit Graph(Device& owner) : device(owner) {}

  Device& device;
  cudaGraphExec_t exec = nullptr;
  // Of the last launch, as in Event.
  cudaStream_t stream = nullptr;
  std::shared_ptr<Progress> progress;
  std::uint64_t given = 0;
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
