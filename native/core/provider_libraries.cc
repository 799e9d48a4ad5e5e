#include "core/provider_libraries.h"

#include <dlfcn.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <vector>

#include "core/error.h"
#include "core/needed_libraries.h"

namespace kdtalker {
namespace {

struct Names {
  const char* word;    // in sentences
  const char* inside;  // the provider's name if ONNX Runtime has its half of it
  const char* library;
  const char* plugin;
  const char* later;  // a library that is opened only when it is first used
};

const Names& NamesOf(Provider provider) {
  static const Names cuda{"CUDA", "CUDAExecutionProvider", "libonnxruntime_providers_cuda.so",
                          "libonnxruntime_providers_cuda_plugin.so", "libcudnn.so.9"};
  static const Names tensorrt{"TensorRT", "TensorrtExecutionProvider", "libonnxruntime_providers_tensorrt.so",
                              "libonnxruntime_providers_tensorrt.so", "libnvinfer_plugin.so.10"};
  return provider == Provider::kTensorRt ? tensorrt : cuda;
}

// With the slash at its end; "" for a name without a folder.
std::string FolderOf(const std::string& file) {
  return file.substr(0, file.rfind('/') + 1);
}

bool Exists(const std::string& file) {
  return ::access(file.c_str(), F_OK) == 0;
}

bool HasInside(const char* name) {
  const std::vector<std::string> all = Ort::GetAvailableProviders();
  return std::find(all.begin(), all.end(), name) != all.end();
}

// The plugin that the user names, or the one beside ONNX Runtime.
std::string PluginOf(const Names& names, const std::string& folder) {
  const char* given = std::getenv("KDTALKER_ORT_PROVIDERS");
  const std::string place = given == nullptr || *given == 0 ? folder : std::string(given) + "/";
  for (const char* name : {names.plugin, names.library}) {
    if (Exists(place + name)) return place + name;
  }
  return "";
}

std::string Expected(const Names& names, const std::string& device) {
  return std::string("Expected ONNX Runtime's ") + names.word + " provider for device '" + device + "' but ";
}

struct Product {
  const char* prefix;
  const char* name;
};
// The longest prefixes first.
constexpr Product kProducts[] = {
    {"libcudnn", "cuDNN"},        {"libcublas", "cuBLAS of CUDA"}, {"libcurand", "cuRAND"},
    {"libcufft", "cuFFT"},        {"libcudart", "CUDA"},           {"libcuda", "the NVIDIA driver"},
    {"libnvrtc", "CUDA's NVRTC"}, {"libnvinfer", "TensorRT"},      {"libnvonnxparser", "TensorRT"}};

// Null for libraries of the system.
const Product* ProductOf(const std::string& library) {
  for (const Product& each : kProducts) {
    if (library.rfind(each.prefix, 0) == 0) return &each;
  }
  return nullptr;
}

// Another version of a library that is not there; 0: none.
int OtherVersion(const LibraryName& name, const std::string& folder) {
  for (int version = std::max(name.version - 3, 1); version <= name.version + 3; version++) {
    if (version != name.version && OpenByName(name.stem + ".so." + std::to_string(version), folder).empty())
      return version;
  }
  return 0;
}

std::string Versioned(const Product& product, int version) {
  if (std::string_view(product.prefix) == "libcuda" || version < 0) return product.name;
  return std::string(product.name) + " " + std::to_string(version);
}

Error Missing(const std::string& library, const Product& product, const ProviderFile& file,
              const std::string& expected, const std::string& why) {
  const LibraryName name = PartsOf(library);
  const std::string wanted = Versioned(product, name.version), folder = FolderOf(file.path);
  const int other = name.version < 2 ? 0 : OtherVersion(name, folder);
  if (other != 0)
    return Error("DEVICE_UNAVAILABLE", expected + "its library is built for " + wanted + " (" + library +
                                           ") and this machine has " + Versioned(product, other) +
                                           ". Install " + wanted + ", or an ONNX Runtime for " +
                                           Versioned(product, other));
  return Error("DEVICE_UNAVAILABLE", expected + library + ", which it needs, cannot be opened: " + why +
                                         ". Install " + wanted +
                                         ", and add its folder to LD_LIBRARY_PATH if the loader does not "
                                         "find it (docs/gpu.md)");
}

}  // namespace

ProviderFile FindProvider(const Runtime& runtime, Provider provider, const std::string& device) {
  const Names& names = NamesOf(provider);
  const std::string folder = FolderOf(runtime.library()), library = folder + names.library;
  const bool inside = HasInside(names.inside);
  if (inside && Exists(library)) return {library, false};
  const std::string plugin = PluginOf(names, folder);
  if (!plugin.empty()) return {plugin, true};
  if (inside)
    throw Error("DEVICE_UNAVAILABLE",
                Expected(names, device) + library +
                    " is not there. Run: npm install onnxruntime-node --onnxruntime-node-install=cuda12, and "
                    "name its libonnxruntime.so.1 in KDTALKER_ORT; or see docs/gpu.md");
  throw Error("DEVICE_UNAVAILABLE",
              Expected(names, device) + runtime.library() + ", ONNX Runtime " + runtime.version() +
                  ", is built without it, and no " + names.plugin +
                  " is beside it. Name an ONNX Runtime for GPUs in KDTALKER_ORT, or the plugin's folder in "
                  "KDTALKER_ORT_PROVIDERS (docs/gpu.md)");
}

void OpenLibrariesOf(const ProviderFile& file, Provider provider, const std::string& device) {
  const Names& names = NamesOf(provider);
  std::vector<std::string> libraries = LibrariesNeededBy(file.path);
  libraries.emplace_back(names.later);
  for (const std::string& library : libraries) {
    const Product* product = ProductOf(library);
    if (product == nullptr) continue;
    const std::string why = OpenByName(library, FolderOf(file.path));
    if (!why.empty()) throw Missing(library, *product, file, Expected(names, device), why);
  }
}

std::string TensorRtVersionOf(const ProviderFile& file) {
  std::string name = "libnvinfer.so.10";
  for (const std::string& library : LibrariesNeededBy(file.path)) {
    if (library.rfind("libnvinfer.so", 0) == 0) name = library;
  }
  void* handle = ::dlopen((FolderOf(file.path) + name).c_str(), RTLD_NOW | RTLD_LOCAL);
  if (handle == nullptr) handle = ::dlopen(name.c_str(), RTLD_NOW | RTLD_LOCAL);
  const auto get =
      handle == nullptr ? nullptr : reinterpret_cast<int (*)()>(::dlsym(handle, "getInferLibVersion"));
  const int version = get == nullptr ? 0 : get();
  return std::to_string(version / 10000) + "." + std::to_string(version / 100 % 100) + "." +
         std::to_string(version % 100);
}

}  // namespace kdtalker
