#include "core/cuda_library.h"

#include <dlfcn.h>

#include <algorithm>
#include <cstdlib>
#include <iterator>
#include <memory>
#include <mutex>
#include <utility>

#include "core/kernel_list.h"

namespace kdtalker {
namespace {

constexpr const char* kName = "libkdtalker_cuda.so";

// Numbers of cudaError_t that have a remedy (abi.h has no header of CUDA).
enum : cuda::Status {
  kMemoryAllocation = 2,
  kInsufficientDriver = 35,
  kDevicesUnavailable = 46,
  kNoDevice = 100,
  kInvalidDevice = 101,
  kNoKernelImage = 209,
  kSystemDriverMismatch = 803,
  kUnknown = 999
};

Error NoLibrary(const std::string& file, const std::string& why) {
  return Error("DEVICE_UNAVAILABLE",
               "Expected the library for GPUs, " + file + ", but it cannot be opened: " + why +
                   ". Build it with nvcc (docs/gpu.md), set KDTALKER_CUDA to where it is, or use 'cpu'");
}

std::string VersionText(int version) {
  return std::to_string(version / 1000) + "." + std::to_string(version % 1000 / 10);
}

// The driver as CUDA's version of it; 0 is none.
Error DriverTooOld(const cuda::Api& api, const std::string& device) {
  int driver = 0, runtime = 0;
  api.versions(&driver, &runtime);
  const std::string expected = "Expected an NVIDIA driver for CUDA " + VersionText(runtime) +
                               " or newer for device '" + device + "' but received ";
  if (driver == 0)
    return Error("DEVICE_UNAVAILABLE", expected +
                                           "none: libcuda.so.1 cannot be opened. Install the driver (580 or "
                                           "newer); start a container with --gpus all");
  return Error(
      "DEVICE_UNAVAILABLE",
      expected + "one for " + VersionText(driver) +
          ". Update the driver to 580 or newer, or build the library with an older CUDA (docs/gpu.md)");
}

struct Remedy {
  cuda::Status status;
  const char* expected;
  const char* remedy;
};
constexpr Remedy kRemedies[] = {
    {kNoDevice, "Expected a GPU", "Check nvidia-smi; start a container with --gpus all"},
    {kInvalidDevice, "Expected a GPU of that number", "Use 'cuda:0', or the numbers of nvidia-smi -L"},
    {kNoKernelImage, "Expected a GPU of compute capability 8.0 or newer", "Use device 'cpu'"},
    {kDevicesUnavailable, "Expected a GPU that is free",
     "Another process holds it alone: end that process, or set the mode with nvidia-smi -c DEFAULT"},
    {kSystemDriverMismatch, "Expected the driver's library and its kernel module to be of one version",
     "Restart the machine after the driver's update"},
};

// Errors that the device gives from then on to every call of this process: faults of a kernel (an address, a
// time-out, an assertion, 714 to 719 of the hardware) and the unknown one.
bool IsLost(cuda::Status status) {
  constexpr cuda::Status kFaults[] = {700, 702, 710, 714, 715, 716, 717, 718, 719, kUnknown};
  return std::find(std::begin(kFaults), std::end(kFaults), status) != std::end(kFaults);
}

const cuda::Api* ApiOf(void* library) {
  using Entry = const cuda::Api* (*)(int version);
  const auto entry = reinterpret_cast<Entry>(::dlsym(library, "kdtalker_cuda"));
  return entry == nullptr ? nullptr : entry(cuda::kAbiVersion);
}

Error Unavailable(const Remedy& remedy, const std::string& device, const std::string& said) {
  return Error("DEVICE_UNAVAILABLE", std::string(remedy.expected) + " for device '" + device +
                                         "' but CUDA said " + said + ". " + remedy.remedy);
}

}  // namespace

std::string CudaLibrary::File() {
  if (const char* given = std::getenv("KDTALKER_CUDA"); given != nullptr && *given != 0) return given;
  ::Dl_info own{};
  if (::dladdr(reinterpret_cast<void*>(&ApiOf), &own) == 0 || own.dli_fname == nullptr) return kName;
  const std::string file = own.dli_fname;
  return file.substr(0, file.rfind('/') + 1) + kName;
}

// A failure is not remembered: the file may come, or KDTALKER_CUDA may change.
const CudaLibrary& CudaLibrary::Open() {
  static std::mutex mutex;
  static std::unique_ptr<const CudaLibrary> opened;
  const std::lock_guard lock(mutex);
  if (opened) return *opened;
  const std::string file = File();
  void* library = ::dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) throw NoLibrary(file, ::dlerror());
  const cuda::Api* api = ApiOf(library);
  if (api == nullptr || api->functors != kernels::ListHash())
    throw NoLibrary(file, "it was built for another version of kdtalker");
  opened.reset(new CudaLibrary(*api, file));
  return *opened;
}

void CudaLibrary::Check(cuda::Status status, const std::string& device, const std::string& what) const {
  if (status != 0) throw ErrorOf(status, device, what);
}

Error CudaLibrary::ErrorOf(cuda::Status status, const std::string& device, const std::string& what) const {
  std::string said = api_.name_of(status);
  said += " (" + std::to_string(status) + "): ";
  said += api_.text_of(status);
  if (status == kInsufficientDriver) return DriverTooOld(api_, device);
  if (status == kMemoryAllocation)
    return Error("DEVICE_MEMORY",
                 "Expected memory of device '" + device + "' for " + what +
                     " but it has none left. Close other talkers or programs of the GPU, or use 'cpu'");
  if (IsLost(status))
    return Error("DEVICE_LOST", "Expected " + what + " on device '" + device + "' but CUDA said " + said +
                                    ". Start this process again to use the GPU; talkers on 'cpu' go on");
  for (const Remedy& each : kRemedies) {
    if (each.status == status) return Unavailable(each, device, said);
  }
  return Error("NATIVE", "Expected " + what + " on device '" + device + "' but CUDA said " + said);
}

}  // namespace kdtalker
