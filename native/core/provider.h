#pragma once

#include <onnxruntime_cxx_api.h>

#include <string>
#include <string_view>

#include "core/error.h"
#include "core/provider_kind.h"
#include "core/runtime.h"

namespace kdtalker {

// The device on which a provider computes.
struct ProviderTarget {
  ProviderUse use;
  std::string device;  // its name, "cuda:0"
  void* stream;        // as CUDA knows it: the provider gives all of its work to it
};

// The one place where a provider is set up, in the form that the loaded ONNX Runtime has: inside of it, with
// a library of the provider beside it; or as a plugin that is registered. Throws Error DEVICE_UNAVAILABLE,
// with what is missing or does not fit and what to install.
void AppendProvider(Runtime& runtime, Ort::SessionOptions& options, const ProviderTarget& target);

// Whether a provider says that it cannot capture a CUDA graph of a network, when it loads or when it runs it.
bool IsOfCapture(const Ort::Exception& error);

// Whether a node that was given to the provider of this name computes on the GPU.
bool IsOnGpu(std::string_view provider);

// The error of a status that a provider gave while it was set up, loaded a network or ran it: DEVICE_MEMORY,
// DEVICE_LOST, DEVICE_UNAVAILABLE; or `otherwise`, where the provider is not what failed.
Error ProviderError(const Ort::Exception& error, const std::string& device, const std::string& what,
                    const char* otherwise);

}  // namespace kdtalker
