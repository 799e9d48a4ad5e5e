#pragma once

#include <string>

#include "core/provider.h"

namespace kdtalker {

// Where a provider is, as a file, and whether ONNX Runtime has its half of it inside.
struct ProviderFile {
  std::string path;
  bool plugin;  // has to be registered
};

// The form of a provider that the loaded ONNX Runtime has. Throws Error DEVICE_UNAVAILABLE if it has none.
ProviderFile FindProvider(const Runtime& runtime, Provider provider, const std::string& device);

// Opens each library that the provider needs by itself, so that the one that is missing can be named: ONNX
// Runtime says only that the provider cannot be loaded. They stay open. Throws Error DEVICE_UNAVAILABLE.
void OpenLibrariesOf(const ProviderFile& file, Provider provider, const std::string& device);

// "10.9.0", of the TensorRT that its provider uses.
std::string TensorRtVersionOf(const ProviderFile& file);

}  // namespace kdtalker
