// What tests find in the double: those of the engine with dlsym, those of Node with process.dlopen().
#include <cstddef>
#include <cstdlib>

#include "cuda/double/fake/fake.h"
#include "cuda/double/fake/state.h"
#include "cuda/double/fake/stream.h"

extern "C" {

// Replaces all settings (fake.h).
__attribute__((visibility("default"))) void kdtalker_cuda_double_configure(const char* text) {
  fake::Configure(text);
}

// For the double of ONNX Runtime's providers: where the host reaches memory of the device, null for other
// addresses; and work of the host in the order of a stream.
__attribute__((visibility("default"))) void* kdtalker_cuda_double_view(void* address, std::size_t bytes) {
  return fake::Inside(address, bytes) ? fake::View(address) : nullptr;
}
__attribute__((visibility("default"))) int kdtalker_cuda_double_submit(void* stream, void (*work)(void*),
                                                                       void* argument) {
  if (const cudaError_t error = fake::Begin("cudaLaunchHostFunc"); error != cudaSuccess) return error;
  return fake::Submit(static_cast<cudaStream_t>(stream), [work, argument] { work(argument); });
}

// What the double of a provider does around the run that it captures; 1 if a call spoilt it.
__attribute__((visibility("default"))) void kdtalker_cuda_double_begin_capture() {
  fake::BeginGlobalCapture();
}
__attribute__((visibility("default"))) int kdtalker_cuda_double_end_capture() {
  return fake::EndGlobalCapture() ? 1 : 0;
}

// Node's entry of a native module: replaces all settings by those that KDTALKER_CUDA_DOUBLE has now. Its
// values are Node's and are not looked at.
__attribute__((visibility("default"))) void* napi_register_module_v1(void* /*env*/, void* exports) {
  const char* const text = std::getenv("KDTALKER_CUDA_DOUBLE");
  fake::Configure(text == nullptr ? "" : text);
  return exports;
}

}  // extern "C"
