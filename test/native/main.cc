#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <doctest/doctest.h>

#include <cstdlib>

// ONNX Runtime's telemetry, which lib/binding.ts switches off as well, would start threads at any moment.
[[maybe_unused]] static const int without_telemetry = ::setenv("ORT_DISABLE_TELEMETRY", "1", 1);

#ifdef __SANITIZE_ADDRESS__
// ONNX Runtime keeps a few hundred bytes for the life of the process. The leak checker asks these two, by
// name.
extern "C" __attribute__((visibility("default"))) const char* __lsan_default_suppressions() {
  return "leak:libonnxruntime\n";
}
extern "C" __attribute__((visibility("default"))) const char* __lsan_default_options() {
  return "print_suppressions=0";
}
#endif
