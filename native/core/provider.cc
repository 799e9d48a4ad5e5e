#include "core/provider.h"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <unordered_map>
#include <vector>

#include "core/cuda_device.h"
#include "core/cuda_library.h"
#include "core/error.h"
#include "core/provider_libraries.h"

namespace kdtalker {
namespace {

using Options = std::unordered_map<std::string, std::string>;

// Float32 throughout, and memory by the sizes that are asked for. EXHAUSTIVE: each convolution is tried in
// every way when it first runs. Behind TensorRT it captures nothing: a session has one provider that does.
Options CudaOptions(const ProviderTarget& target) {
  Options options{{"device_id", std::to_string(GpuNumberOf(target.device))},
                  {"arena_extend_strategy", "kSameAsRequested"},
                  {"cudnn_conv_algo_search", "EXHAUSTIVE"},
                  {"cudnn_conv_use_max_workspace", "1"},
                  {"do_copy_in_default_stream", "1"},
                  {"use_tf32", "0"}};
  if (target.use.graphs && target.use.provider == Provider::kCuda) options.emplace("enable_cuda_graph", "1");
  return options;
}

// What was built for other versions or GPUs is never read. Throws Error OUTPUT_UNWRITABLE.
std::string EngineFolder(const Runtime& runtime, const ProviderTarget& target, const ProviderFile& file) {
  cuda::Properties properties{};
  CudaLibrary::Open().Check(CudaLibrary::Open().api().properties(GpuNumberOf(target.device), &properties),
                            target.device, "its properties");
  std::string folder = target.use.cache + "/ort-" + runtime.version() + "-trt-" + TensorRtVersionOf(file) +
                       "-sm" + std::to_string(properties.capability);
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error)
    throw Error("OUTPUT_UNWRITABLE", "Expected a folder for TensorRT's engines at '" + folder +
                                         "' but the system said: " + error.message() +
                                         ". Name another folder in KDTALKER_CACHE");
  return folder;
}

// Without streams of its own, so that the order of ours is the order of everything.
Options TensorRtOptions(const ProviderTarget& target, const std::string& folder) {
  Options options{{"device_id", std::to_string(GpuNumberOf(target.device))},
                  {"trt_auxiliary_streams", "0"},
                  {"trt_context_memory_sharing_enable", "1"}};
  if (target.use.graphs) options.emplace("trt_cuda_graph_enable", "1");
  if (folder.empty()) return options;
  options.insert({{"trt_engine_cache_enable", "1"},
                  {"trt_engine_cache_path", folder},
                  {"trt_timing_cache_enable", "1"},
                  {"trt_timing_cache_path", folder}});
  return options;
}

void AppendInside(Ort::SessionOptions& options, const ProviderTarget& target, Provider provider,
                  const Options& given) {
  if (provider == Provider::kTensorRt) {
    Ort::TensorRTProviderOptions tensorrt;
    tensorrt.Update(given);
    tensorrt.UpdateWithValue("user_compute_stream", target.stream);
    options.AppendExecutionProvider_TensorRT_V2(*tensorrt);
    return;
  }
  Ort::CUDAProviderOptions cuda;
  cuda.Update(given);
  cuda.UpdateWithValue("user_compute_stream", target.stream);
  options.AppendExecutionProvider_CUDA_V2(*cuda);
}

bool IsOf(Provider provider, std::string_view name) {
  if (provider == Provider::kTensorRt) return name == "TensorrtExecutionProvider";
  return name == "CUDAExecutionProvider" || name == "CudaPluginExecutionProvider";
}

// A plugin numbers its devices itself; without a number the first is 0.
int NumberOf(const Ort::ConstEpDevice& device, int place) {
  const char* number = device.EpMetadata().GetValue("cuda_device_id");
  return number == nullptr ? place : std::atoi(number);
}

Ort::ConstEpDevice PluginDevice(Runtime& runtime, const ProviderTarget& target, Provider provider) {
  int place = 0;
  for (const Ort::ConstEpDevice& device : runtime.env().GetEpDevices()) {
    if (!IsOf(provider, device.EpName())) continue;
    if (NumberOf(device, place++) == GpuNumberOf(target.device)) return device;
  }
  throw Error("DEVICE_UNAVAILABLE", "Expected a GPU for device '" + target.device +
                                        "' but the plugin of ONNX Runtime lists " + std::to_string(place) +
                                        ". Check nvidia-smi; start a container with --gpus all");
}

void AppendPlugin(Runtime& runtime, Ort::SessionOptions& options, const ProviderTarget& target,
                  Provider provider, const std::string& file, Options given) {
  runtime.RegisterProviders(provider == Provider::kTensorRt ? "kdtalker-tensorrt" : "kdtalker-cuda", file);
  given["user_compute_stream"] = std::to_string(reinterpret_cast<std::uintptr_t>(target.stream));
  options.AppendExecutionProvider_V2(runtime.env(), {PluginDevice(runtime, target, provider)}, given);
}

Options OptionsFor(const Runtime& runtime, const ProviderTarget& target, Provider provider,
                   const ProviderFile& file) {
  if (provider == Provider::kCuda) return CudaOptions(target);
  return TensorRtOptions(target, target.use.cache.empty() ? "" : EngineFolder(runtime, target, file));
}

void AppendOne(Runtime& runtime, Ort::SessionOptions& options, const ProviderTarget& target,
               Provider provider) {
  const ProviderFile file = FindProvider(runtime, provider, target.device);
  OpenLibrariesOf(file, provider, target.device);
  const Options given = OptionsFor(runtime, target, provider, file);
  try {
    if (file.plugin) {
      AppendPlugin(runtime, options, target, provider, file.path, given);
    } else {
      AppendInside(options, target, provider, given);
    }
  } catch (const Ort::Exception& error) {
    throw ProviderError(error, target.device, file.path, "DEVICE_UNAVAILABLE");
  }
}

bool Has(const std::string& text, std::initializer_list<const char*> words) {
  return std::any_of(words.begin(), words.end(),
                     [&](const char* word) { return text.find(word) != std::string::npos; });
}

}  // namespace

void AppendProvider(Runtime& runtime, Ort::SessionOptions& options, const ProviderTarget& target) {
  if (target.use.provider == Provider::kTensorRt) AppendOne(runtime, options, target, Provider::kTensorRt);
  AppendOne(runtime, options, target, Provider::kCuda);
}

// Of a network with other nodes than the provider's, of one with loops; and CUDA's errors of a capture, 900
// to 908.
bool IsOfCapture(const Ort::Exception& error) {
  return Has(error.what(), {"graph capture feature", "CUDA Graph feature", "CUDA failure 90"});
}

bool IsOnGpu(std::string_view provider) {
  return IsOf(Provider::kCuda, provider) || IsOf(Provider::kTensorRt, provider);
}

// CUDA's numbers, as ONNX Runtime writes them: "CUDA failure 100: no CUDA-capable device is detected".
Error ProviderError(const Ort::Exception& error, const std::string& device, const std::string& what,
                    const char* otherwise) {
  std::string said = error.what();
  said.erase(said.find_last_not_of(" .\n") + 1);
  const std::string sentence =
      "Expected " + what + " on device '" + device + "' but ONNX Runtime said: " + said;
  if (Has(said, {"CUDA failure 2:", "out of memory", "Failed to allocate memory"}))
    return Error("DEVICE_MEMORY", sentence + ". Close other talkers or programs of the GPU, or use 'cpu'");
  if (Has(said, {"CUDA failure 7", "CUDA failure 999"}))
    return Error("DEVICE_LOST",
                 sentence + ". Start this process again to use the GPU; talkers on 'cpu' go on");
  if (Has(said, {"CUDA failure 100:", "CUDA failure 35:"}))
    return Error("DEVICE_UNAVAILABLE", sentence + ". Check nvidia-smi; start a container with --gpus all");
  if (Has(said, {"CUDA failure", "CUDNN failure", "CUBLAS failure", "TensorRT"}))
    return Error("DEVICE_UNAVAILABLE", sentence);
  return Error(otherwise, sentence);
}

}  // namespace kdtalker
