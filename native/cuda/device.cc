#include <cstdio>
#include <cstring>
#include <memory>

#include "cuda/handles.h"
#include "cuda/self_test.h"

namespace kdtalker::cuda {
namespace {

cudaError_t AllocateDevice(void** address, std::size_t bytes) {
  return cudaMalloc(address, bytes);
}
cudaError_t AllocatePinned(void** address, std::size_t bytes) {
  return cudaMallocHost(address, bytes);
}

Status Versions(int* driver, int* runtime) {
  return Run([&] {
    *driver = *runtime = 0;
    const cudaError_t error = cudaDriverGetVersion(driver);
    return error == cudaSuccess ? cudaRuntimeGetVersion(runtime) : error;
  });
}

Status Count(int* devices) {
  *devices = 0;
  return Run([&] { return cudaGetDeviceCount(devices); });
}

// CUDA tells by the name alone whether a device is an instance of MIG: "NVIDIA A100-SXM4-40GB MIG 1g.5gb".
void WriteUuid(const cudaDeviceProp& device, char (&text)[41]) {
  const bool instance = std::strstr(device.name, " MIG ") != nullptr;
  int at = std::snprintf(text, sizeof(text), "%s", instance ? "MIG" : "GPU");
  for (int i = 0; i < 16; i++) {
    const bool dashed = i == 0 || i == 4 || i == 6 || i == 8 || i == 10;
    const auto byte = static_cast<unsigned char>(device.uuid.bytes[i]);
    at += std::snprintf(text + at, sizeof(text) - static_cast<std::size_t>(at), dashed ? "-%02x" : "%02x",
                        byte);
  }
}

Status PropertiesOf(int index, Properties* properties) {
  return Run([&] {
    cudaDeviceProp found{};
    const cudaError_t error = cudaGetDeviceProperties(&found, index);
    if (error != cudaSuccess) return error;
    *properties = {{}, 10 * found.major + found.minor, found.multiProcessorCount, found.totalGlobalMem, {}};
    static_assert(sizeof(properties->name) == sizeof(found.name));
    std::memcpy(properties->name, found.name, sizeof(found.name));
    WriteUuid(found, properties->uuid);
    return cudaSuccess;
  });
}

// Makes the device's context, so that what is wrong with it shows here.
Status Open(int index, std::uint64_t most, Device** device) {
  *device = nullptr;
  return Run([&] {
    auto made = std::make_unique<Device>(index, most);
    cudaError_t error = made->Enter();
    std::size_t free = 0, total = 0;
    if (error == cudaSuccess) error = cudaMemGetInfo(&free, &total);
    if (error == cudaSuccess) *device = made.release();
    return error;
  });
}

// A lost device cannot be entered; it goes all the same.
void Close(Device* device) {
  std::unique_ptr<Device> owned(device);
  RunOn(*device, [&] {
    owned.reset();
    return cudaSuccess;
  });
}

Status MemoryOf(Device* device, MemoryUse* use) {
  return RunOn(*device, [&] {
    std::size_t free = 0, total = 0;
    const cudaError_t error = cudaMemGetInfo(&free, &total);
    *use = {free, total, device->memory.used(), device->memory.cached()};
    return error;
  });
}

void CountersOf(Device* device, Counters* counters) {
  *counters = {device->memory.allocations() + device->host.allocations(), device->launches,
               device->graph_launches, device->synchronisations};
}

Status Allocate(Device* device, std::size_t bytes, void** address) {
  return RunOn(*device, [&] { return device->memory.Allocate(bytes, address); });
}
Status AllocateHost(Device* device, std::size_t bytes, void** address) {
  return RunOn(*device, [&] { return device->host.Allocate(bytes, address); });
}
void Release(Device* device, void* address) {
  Run([&] {
    device->memory.Release(address);
    return cudaSuccess;
  });
}
void ReleaseHost(Device* device, void* address) {
  Run([&] {
    device->host.Release(address);
    return cudaSuccess;
  });
}

Status Test(Device* device, const char** wrong) {
  *wrong = nullptr;
  return RunOn(*device, [&] { return SelfTest(*device, wrong); });
}

// The number of the device that CUDA has as this thread's current one; -1: unknown.
thread_local int current = -1;

}  // namespace

Device::Device(int number, std::uint64_t most)
    : index(number),
      memory({&AllocateDevice, [](void* address) { return cudaFree(address); }}, streams, most),
      host({&AllocatePinned, [](void* address) { return cudaFreeHost(address); }}, streams, 0) {}

void Device::Left() {
  current = -1;
}

cudaError_t Device::Enter() const {
  if (current == index) return cudaSuccess;
  cudaError_t error = cudaSetDevice(index);
  // ONNX Runtime captures for all threads, so that an allocation of another one would fail, and spoil the
  // graph. In this mode a thread only minds its own captures.
  cudaStreamCaptureMode mode = cudaStreamCaptureModeThreadLocal;
  if (error == cudaSuccess) error = cudaThreadExchangeStreamCaptureMode(&mode);
  if (error == cudaSuccess) current = index;
  return error;
}

void AddDevices(Api& api) {
  api.versions = &Versions;
  api.count = &Count;
  api.properties = &PropertiesOf;
  api.open = &Open;
  api.close = &Close;
  api.memory = &MemoryOf;
  api.counters = &CountersOf;
  api.self_test = &Test;
  api.allocate = &Allocate;
  api.release = &Release;
  api.allocate_host = &AllocateHost;
  api.release_host = &ReleaseHost;
}

}  // namespace kdtalker::cuda
