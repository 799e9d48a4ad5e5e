#pragma once

#include <string>
#include <utility>

#include "core/error.h"
#include "cuda/abi.h"

namespace kdtalker {

// libkdtalker_cuda.so: opened once in a process, when a CUDA device is asked for, and never closed. It lies
// beside the addon, or where KDTALKER_CUDA says.
class CudaLibrary {
 public:
  // Throws Error DEVICE_UNAVAILABLE if there is no library that fits.
  static const CudaLibrary& Open();
  // Where it is looked for.
  static std::string File();

  const cuda::Api& api() const { return api_; }
  const std::string& file() const { return file_; }

  // Throws an error that names the device and what failed: DEVICE_MEMORY, DEVICE_LOST or DEVICE_UNAVAILABLE
  // with what to do, NATIVE for what only a mistake of ours can cause. Success returns.
  void Check(cuda::Status status, const std::string& device, const std::string& what) const;

  // The error of a status, which is not success.
  Error ErrorOf(cuda::Status status, const std::string& device, const std::string& what) const;

 private:
  CudaLibrary(const cuda::Api& api, std::string file) : api_(api), file_(std::move(file)) {}

  const cuda::Api& api_;
  const std::string file_;
};

}  // namespace kdtalker
