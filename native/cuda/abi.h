// The C interface between the engine and libkdtalker_cuda.so: plain structs and function pointers, and no
// header of CUDA, so that the engine builds and loads on any machine. The library is opened at run time and
// exports one function, kdtalker_cuda().
//
// Every function may be called from any thread. A stream, and an event that is recorded, belong to one thread
// at a time.
#pragma once

#include <cstddef>
#include <cstdint>

namespace kdtalker::cuda {

// Raised with every change of this file.
inline constexpr int kAbiVersion = 4;

// A cudaError_t; 0 is success. An asynchronous operation's error comes from a later call.
using Status = int;
inline constexpr Status kNotReady = 600;

struct Device;
struct Stream;
struct Event;
struct Graph;

struct Properties {
  char name[256];
  int capability;  // 89 is 8.9
  int multiprocessors;
  std::uint64_t bytes;  // of memory
  char uuid[41];        // as nvidia-smi writes it: GPU-..., or MIG-... of an instance
};

struct MemoryUse {
  std::uint64_t free, total;   // of the device, whoever uses it
  std::uint64_t used, cached;  // by this process: handed out, and kept for the next allocation
};

struct Counters {
  std::uint64_t allocations, launches, graph_launches, synchronisations;
};

enum class Direction : int { kIn, kOut, kWithin };

struct Api {
  std::uint64_t functors;  // kernels::ListHash() of the library

  const char* (*name_of)(Status status);
  const char* (*text_of)(Status status);

  // Versions as 13000; a driver of 0 is none.
  Status (*versions)(int* driver, int* runtime);
  Status (*count)(int* devices);
  Status (*properties)(int index, Properties* properties);

  // `most` bytes of device memory at a time; 0: as much as there is.
  Status (*open)(int index, std::uint64_t most, Device** device);
  // Its streams, events and memory have to be released before.
  void (*close)(Device* device);
  Status (*memory)(Device* device, MemoryUse* use);
  void (*counters)(Device* device, Counters* counters);
  // Runs a kernel of each kind on small tensors and compares with values of the CPU; `wrong` names the first
  // that differs, or is null.
  Status (*self_test)(Device* device, const char** wrong);

  // Device memory, and pinned memory of the host, aligned to 256. Released memory is kept and handed out
  // again when the operations that the streams were given before its release are known to be done; nothing
  // waits for them.
  Status (*allocate)(Device* device, std::size_t bytes, void** address);
  void (*release)(Device* device, void* address);
  Status (*allocate_host)(Device* device, std::size_t bytes, void** address);
  void (*release_host)(Device* device, void* address);

  // The stream's destruction waits for what it was given.
  Status (*make_stream)(Device* device, bool urgent, Stream** stream);
  void (*destroy_stream)(Stream* stream);
  Status (*synchronise)(Stream* stream);
  // The stream as CUDA knows it, for libraries that give it work themselves. Such work counts as given by the
  // next record().
  void* (*handle_of)(Stream* stream);
  // A functor by its number in core/kernel_list.h.
  Status (*launch)(Stream* stream, int functor, const void* kernel, std::size_t bytes);
  // Host memory must be of allocate_host().
  Status (*copy)(Stream* stream, void* to, const void* from, std::size_t bytes, Direction direction);

  Status (*make_event)(Device* device, bool timed, Event** event);
  void (*destroy_event)(Event* event);
  Status (*record)(Event* event, Stream* stream);
  Status (*wait)(Stream* stream, Event* event);
  Status (*synchronise_event)(Event* event);
  // Between two timed events. kNotReady if they are not done; nothing waits.
  Status (*elapsed)(Event* begin, Event* end, float* milliseconds);

  // Between the two the stream records what it is given instead of doing it.
  Status (*begin_capture)(Stream* stream);
  Status (*end_capture)(Stream* stream, Graph** graph);
  Status (*launch_graph)(Graph* graph, Stream* stream);
  void (*destroy_graph)(Graph* graph);
};

}  // namespace kdtalker::cuda

// The library's one symbol; null if the library was built for another version of this file.
extern "C" const kdtalker::cuda::Api* kdtalker_cuda(int version);
