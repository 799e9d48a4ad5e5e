#include "core/cuda_report.h"

#include "core/cuda_device.h"
#include "core/cuda_library.h"

namespace kdtalker {
namespace {

// Closes the device when the examination ends.
class Opened {
 public:
  Opened(const CudaLibrary& library, int index, const std::string& name) : api_(library.api()) {
    library.Check(api_.open(index, 0, &device), name, "a context");
  }
  ~Opened() { api_.close(device); }
  Opened(const Opened&) = delete;
  Opened& operator=(const Opened&) = delete;

  cuda::Device* device = nullptr;

 private:
  const cuda::Api& api_;
};

void Try(const CudaLibrary& library, int index, GpuReport& report) {
  const std::string name = "cuda:" + std::to_string(index);
  MakeCudaDevice(name, {});  // throws what a talker would
  const Opened opened(library, index, name);
  cuda::MemoryUse use{};
  library.Check(library.api().memory(opened.device, &use), name, "its memory");
  report.free = use.free;
  const char* wrong = nullptr;
  library.Check(library.api().self_test(opened.device, &wrong), name, "the self-test");
  if (wrong != nullptr) report.wrong = wrong;
}

GpuReport Examine(const CudaLibrary& library, int index) {
  GpuReport report;
  cuda::Properties properties{};
  if (library.api().properties(index, &properties) == 0) {
    report.name = properties.name;
    report.uuid = properties.uuid;
    report.capability = properties.capability;
    report.multiprocessors = properties.multiprocessors;
    report.bytes = properties.bytes;
  }
  try {
    Try(library, index, report);
  } catch (const Error& error) {
    report.error = error.what();
  }
  return report;
}

}  // namespace

CudaReport ExamineGpus() {
  const CudaLibrary& library = CudaLibrary::Open();
  CudaReport report{library.file(), 0, 0, {}};
  library.Check(library.api().versions(&report.driver, &report.runtime), "cuda", "the driver's version");
  int count = 0;
  library.Check(library.api().count(&count), "cuda", "a GPU");
  for (int i = 0; i < count; i++) report.gpus.push_back(Examine(library, i));
  return report;
}

}  // namespace kdtalker
