// Controls of the double of CUDA's runtime, and the launch that stands in for `<<<...>>>`.
#pragma once

#include <cuda_runtime_api.h>

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>

namespace fake {

// What the runtime was asked for since the process began.
struct Counters {
  std::uint64_t launches = 0, graph_launches = 0, synchronisations = 0;
  std::size_t used = 0;  // bytes of device memory
};
Counters Read();

// An error that a later call returns.
struct Planned {
  std::uint64_t after = 0;  // calls that succeed before it
  cudaError_t error = cudaErrorUnknown;
};

// Set while nothing runs.
struct Settings {
  unsigned seed = 0;  // of the order of threads and of the nodes of a graph; odd ones delay work and copies
  bool late = false;  // streams work only while somebody waits, so that nobody sees work in time by luck
  int devices = 1;
  bool mig = false;  // the devices are instances of MIG
  int driver = 13000;
  int capability = 90;
  std::size_t memory = std::size_t{8} << 30;          // of the device
  std::map<std::string, Planned> fail;                // one call of these functions
  std::string crash;                                  // a call of this function ends the process
  Planned lose{UINT64_MAX, cudaErrorIllegalAddress};  // every call from then on, as after a fault of a kernel
  cudaError_t lost = cudaSuccess;
  bool fresh = false;  // what is left of a lost GPU goes with these settings
};
Settings& Set();

// Settings as text: "seed=3 late=1 devices=2 mig=1 driver=12000 capability=75 memory=64000000
// fail=cudaMalloc:5:2 lose=100:700", where numbers after a colon are the calls that succeed and the error.
// Replaces all settings; throws std::invalid_argument. "fresh=1": the process has another GPU from then on;
// what it left of a lost one is gone, and nothing may use it any more.
void Configure(const std::string& text);

// `call(kernel, shared)` is what one thread does. `kernel` is plain data; the threads see a copy of it whose
// device addresses are those by which the double reaches device memory.
struct Kernel {
  dim3 grid;
  unsigned threads;
  std::size_t shared_bytes;
  const void* data;
  std::size_t bytes;
  void (*call)(const void* data, void* shared);
  // Where no thread waits for another: those of a block, in a loop. Else null.
  void (*alone)(const void* data, const uint3& block, bool backwards);
};
cudaError_t LaunchKernel(cudaStream_t stream, const Kernel& kernel);

}  // namespace fake
