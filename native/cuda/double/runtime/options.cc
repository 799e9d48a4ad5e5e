// The options of providers, and session options that have them.
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>
#include <utility>

#include "cuda/double/runtime/runtime.h"

namespace ort_double {
namespace {

template <class Options>
OrtStatus* Create(Options** out) noexcept {
  *out = reinterpret_cast<Options*>(new char);
  const Lock lock;
  Get().made[*out] = {};
  return nullptr;
}

template <class Options>
void Release(Options* options) noexcept {
  const Lock lock;
  Get().made.erase(options);
  Get().streams.erase(options);
  delete reinterpret_cast<char*>(options);
}

template <class Options>
OrtStatus* Update(Options* options, const char* const* keys, const char* const* values,
                  std::size_t count) noexcept {
  const Lock lock;
  for (std::size_t i = 0; i < count; i++) Get().made.at(options)[keys[i]] = values[i];
  return nullptr;
}

template <class Options>
OrtStatus* UpdateWithValue(Options* options, const char* key, void* value) noexcept {
  if (std::strcmp(key, "user_compute_stream") != 0) return Fail(std::string("unknown option ") + key);
  const Lock lock;
  Get().streams[options] = value;
  return nullptr;
}

void Append(const OrtSessionOptions* options, Provided provided) {
  std::string line = "append " + provided.name + (provided.stream == nullptr ? " without a stream" : "");
  for (const auto& [key, value] : provided.options) line += " " + key + "=" + value;
  Log(line);
  const Lock lock;
  Get().options[options].push_back(std::move(provided));
}

OrtStatus* AppendCuda(OrtSessionOptions* options, const OrtCUDAProviderOptionsV2* cuda) noexcept {
  Append(options, {"CUDAExecutionProvider", Get().made.at(cuda), Get().streams[cuda]});
  return nullptr;
}

OrtStatus* AppendTensorRt(OrtSessionOptions* options, const OrtTensorRTProviderOptionsV2* tensorrt) noexcept {
  Append(options, {"TensorrtExecutionProvider", Get().made.at(tensorrt), Get().streams[tensorrt]});
  return nullptr;
}

OrtStatus* GetAvailable(char*** names, int* count) noexcept {
  static char cpu[] = "CPUExecutionProvider", cuda[] = "CUDAExecutionProvider",
              tensorrt[] = "TensorrtExecutionProvider";
  static char* all[] = {cpu, cuda, tensorrt};
  *names = all;
  *count = Get().settings.form == "inside" ? 3 : 1;
  return nullptr;
}

OrtStatus* ReleaseAvailable(char**, int) noexcept {
  return nullptr;
}

OrtStatus* AppendPlugin(OrtSessionOptions* options, OrtEnv*, const OrtEpDevice* const* devices, std::size_t,
                        const char* const* keys, const char* const* values, std::size_t count) noexcept {
  Provided provided{Get().api.EpDevice_EpName(devices[0]), {}, nullptr};
  for (std::size_t i = 0; i < count; i++) {
    if (std::strcmp(keys[i], "user_compute_stream") == 0)
      provided.stream =
          reinterpret_cast<void*>(static_cast<std::uintptr_t>(std::strtoull(values[i], nullptr, 10)));
    else
      provided.options[keys[i]] = values[i];
  }
  Append(options, std::move(provided));
  return nullptr;
}

void ReleaseOptions(OrtSessionOptions* options) noexcept {
  {
    const Lock lock;
    Get().options.erase(options);
    Get().loggers.erase(options);
  }
  Get().real->ReleaseSessionOptions(options);
}

OrtStatus* SetLogger(OrtSessionOptions* options, OrtLoggingFunction function, void* parameter) noexcept {
  const Lock lock;
  Get().loggers[options] = {function, parameter};
  return nullptr;
}

}  // namespace

void AddOptions(OrtApi& api) {
  api.CreateCUDAProviderOptions = &Create;
  api.CreateTensorRTProviderOptions = &Create;
  api.ReleaseCUDAProviderOptions = &Release;
  api.ReleaseTensorRTProviderOptions = &Release;
  api.UpdateCUDAProviderOptions = &Update;
  api.UpdateTensorRTProviderOptions = &Update;
  api.UpdateCUDAProviderOptionsWithValue = &UpdateWithValue;
  api.UpdateTensorRTProviderOptionsWithValue = &UpdateWithValue;
  api.SessionOptionsAppendExecutionProvider_CUDA_V2 = &AppendCuda;
  api.SessionOptionsAppendExecutionProvider_TensorRT_V2 = &AppendTensorRt;
  api.SessionOptionsAppendExecutionProvider_V2 = &AppendPlugin;
  api.GetAvailableProviders = &GetAvailable;
  api.ReleaseAvailableProviders = &ReleaseAvailable;
  api.ReleaseSessionOptions = &ReleaseOptions;
  api.SetUserLoggingFunction = &SetLogger;
}

}  // namespace ort_double
