#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace kdtalker {

// What `kdtalker doctor` says of one GPU.
struct GpuReport {
  std::string name, uuid;  // uuid: GPU-..., or MIG-... of an instance
  std::string error;       // why it cannot be used; empty if it can
  std::string wrong;       // the part of the self-test whose numbers are not the CPU's; empty if all are
  int capability = 0;      // 89 is 8.9
  int multiprocessors = 0;
  std::uint64_t bytes = 0, free = 0;  // of memory
};

struct CudaReport {
  std::string file;             // of the library
  int driver = 0, runtime = 0;  // versions of CUDA, as 13000
  std::vector<GpuReport> gpus;
};

// Opens the library and tries every GPU. A broken driver may take the process down. Throws Error
// DEVICE_UNAVAILABLE.
CudaReport ExamineGpus();

}  // namespace kdtalker
