#include "core/provider_report.h"

#include "core/error.h"
#include "core/provider_libraries.h"

namespace kdtalker {

ProviderReport ExamineProvider(const Runtime& runtime, Provider provider) {
  const std::string device = provider == Provider::kTensorRt ? "tensorrt:0" : "cuda:0";
  ProviderReport report{"", false, ""};
  try {
    const ProviderFile file = FindProvider(runtime, provider, device);
    report.file = file.path;
    report.plugin = file.plugin;
    OpenLibrariesOf(file, provider, device);
  } catch (const Error& error) {
    report.error = error.what();
  }
  return report;
}

}  // namespace kdtalker
