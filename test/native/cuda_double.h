// The double of CUDA in the engine's tests (KDTALKER_CUDA names libkdtalker_cuda_double.so).
#pragma once

#include <dlfcn.h>
#include <doctest/doctest.h>

#include <cstdlib>
#include <functional>
#include <string>

#include "core/error.h"

namespace cuda_double {

// Settings of the double for one test (native/cuda/double/fake/fake.h).
class Double {
 public:
  explicit Double(const std::string& settings) { Configure(settings); }
  ~Double() { Configure(""); }
  Double(const Double&) = delete;
  Double& operator=(const Double&) = delete;

 private:
  static void Configure(const std::string& settings) {
    void* library = ::dlopen(std::getenv("KDTALKER_CUDA"), RTLD_NOW | RTLD_LOCAL);
    REQUIRE(library != nullptr);
    const auto configure =
        reinterpret_cast<void (*)(const char*)>(::dlsym(library, "kdtalker_cuda_double_configure"));
    const bool found = configure != nullptr;
    REQUIRE(found);
    configure(settings.c_str());
  }
};

struct Thrown {
  std::string code, message;
};
inline Thrown ThrownBy(const std::function<void()>& function) {
  try {
    function();
  } catch (const kdtalker::Error& error) {
    return {error.code(), error.what()};
  }
  return {"nothing", ""};
}

}  // namespace cuda_double
