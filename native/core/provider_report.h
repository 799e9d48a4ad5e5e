#pragma once

#include <string>

#include "core/provider_kind.h"
#include "core/runtime.h"

namespace kdtalker {

// What `kdtalker doctor` says of a provider of ONNX Runtime.
struct ProviderReport {
  std::string file;   // of its library; empty if there is none
  bool plugin;        // registered, not inside of ONNX Runtime
  std::string error;  // why it cannot be used, and what to install; empty if its libraries are all there
};

// Opens the provider's libraries, which may take the process down.
ProviderReport ExamineProvider(const Runtime& runtime, Provider provider);

}  // namespace kdtalker
