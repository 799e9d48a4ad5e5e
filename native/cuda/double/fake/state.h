// What the files of the double share: settings, counters, memory, and how each function of the runtime
// begins.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <thread>

#include "cuda/double/fake/fake.h"
#include "cuda/double/simt/order.h"

namespace fake {

// A lock of the double's own.
struct Hidden {
  explicit Hidden(std::mutex& mutex) : lock(mutex) {}
  simt::Unseen unseen;
  std::unique_lock<std::mutex> lock;
};

using Ranges = std::map<std::size_t, std::size_t>;  // where it begins -> bytes

struct State {
  std::mutex mutex;  // guards what follows
  Counters counters;
  Settings settings;
  Ranges blocks, pinned;  // by offset in the device's range; by address
  std::map<cudaStream_t, std::shared_ptr<CUstream_st>> streams;  // those that exist
  std::map<std::thread::id, bool> capturing;  // threads that may not do what would wait, and whether they did
  int global_captures = 0;                    // by other libraries: other threads may not either
};
// Never destroyed: streams' threads and the engine's may end after static objects.
State& Get();

// Keeps an error for cudaGetLastError, and returns it.
cudaError_t Give(cudaError_t error);
// What a call returns before it does anything.
cudaError_t Begin(const char* function);
// Whether this thread captures, so that a call that waits spoils its capture; or another one does for all
// threads, and this one has not said that it has nothing to do with that.
bool Refused();
// A capture of another library, in the global mode. The end returns whether a call spoilt it.
void BeginGlobalCapture();
bool EndGlobalCapture();
void Count(std::uint64_t Counters::* what);

// What the process still has of a GPU goes, as with a process that ends.
void EndStreams();
void ForgetMemory();

// The device's addresses lie in a range that nobody may touch. The same bytes have a second address, the
// view, which kernels and copies alone are given.
bool IsDevice(const void* address);
char* View(const void* address);
bool Inside(const void* address, std::size_t bytes);  // of one block of device memory
bool Pinned(const void* address, std::size_t bytes);

}  // namespace fake

// Begins a function that may be refused, and one that must not be called while its thread captures.
#define FAKE_CALL \
  if (const cudaError_t error = fake::Begin(__func__); error != cudaSuccess) return error
#define FAKE_WAITS \
  FAKE_CALL;       \
  if (fake::Refused()) return fake::Give(cudaErrorStreamCaptureUnsupported)
