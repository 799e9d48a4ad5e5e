// Libraries that are registered, and the devices that they list. The handle of a device is the address of its
// number.
#include <dlfcn.h>

#include <string>

#include "cuda/double/runtime/runtime.h"

namespace ort_double {
namespace {

constexpr int kMost = 8;
bool registered[2];  // CUDA, TensorRT
int numbers[2][kMost];

int KindOf(const OrtEpDevice* device) {
  const auto* number = reinterpret_cast<const int*>(device);
  return number >= numbers[1] && number < numbers[1] + kMost ? 1 : 0;
}

OrtStatus* Register(OrtEnv*, const char* name, const char* path) noexcept {
  Log(std::string("register ") + name + " " + path);
  if (::dlopen(path, RTLD_NOW | RTLD_LOCAL) == nullptr)
    return Fail(std::string("Failed to load library ") + path);
  registered[std::string(path).find("tensorrt") == std::string::npos ? 0 : 1] = true;
  return nullptr;
}

OrtStatus* GetDevices(const OrtEnv*, const OrtEpDevice* const** devices, std::size_t* count) noexcept {
  static const OrtEpDevice* all[2 * kMost];
  *count = 0;
  for (int kind = 0; kind < 2; kind++) {
    for (int i = 0; registered[kind] && i < Get().settings.devices; i++) {
      numbers[kind][i] = i;
      all[(*count)++] = reinterpret_cast<const OrtEpDevice*>(&numbers[kind][i]);
    }
  }
  *devices = all;
  return nullptr;
}

const char* NameOf(const OrtEpDevice* device) noexcept {
  return KindOf(device) == 1 ? "TensorrtExecutionProvider" : "CudaPluginExecutionProvider";
}

const OrtKeyValuePairs* MetadataOf(const OrtEpDevice* device) noexcept {
  static OrtKeyValuePairs* of[kMost] = {};
  const int number = *reinterpret_cast<const int*>(device);
  if (of[number] == nullptr) {
    Get().real->CreateKeyValuePairs(&of[number]);
    Get().real->AddKeyValuePair(of[number], "cuda_device_id", std::to_string(number).c_str());
  }
  return of[number];
}

}  // namespace

void AddPlugins(OrtApi& api) {
  api.RegisterExecutionProviderLibrary = &Register;
  api.GetEpDevices = &GetDevices;
  api.EpDevice_EpName = &NameOf;
  api.EpDevice_EpMetadata = &MetadataOf;
}

}  // namespace ort_double
