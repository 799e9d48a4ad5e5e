#pragma once

#include <onnxruntime_cxx_api.h>

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>

namespace kdtalker {

// The only ONNX Runtime of the process. All environments (main and worker threads) share it,
// reference-counted: the last owner frees it. The library itself stays open until the process ends.
class Runtime {
 public:
  // Opens `library`, or returns the runtime that is already open, even of another library. `first`, if not
  // empty, is opened before it: onnxruntime-node's own copy must come first, because both have the same
  // SONAME. Throws Error RUNTIME_NOT_FOUND.
  static std::shared_ptr<Runtime> Open(const std::string& library, const std::string& first);

  Runtime(std::string library, const OrtApiBase* base);
  Runtime(const Runtime&) = delete;
  Runtime& operator=(const Runtime&) = delete;

  const std::string& library() const { return library_; }
  const std::string& version() const { return version_; }
  Ort::Env& env() { return env_; }

  // Opens a library of execution providers in ONNX Runtime's plugin form, unless it is open. Throws
  // Ort::Exception.
  void RegisterProviders(const std::string& name, const std::string& library);

  // Returns unused memory of the sessions' arena to the system.
  void ShrinkArena() noexcept;

  // Registers operators of our own domain for sessions loaded later. The first call calls `make`.
  using MakeDomain = std::function<std::shared_ptr<const OrtCustomOpDomain>()>;
  void AddDomain(const std::string& name, const MakeDomain& make);
  void AddDomainsTo(Ort::SessionOptions& options) const;

 private:
  std::string library_, version_;
  Ort::Env env_;
  mutable std::mutex mutex_;  // guards what follows
  std::map<std::string, std::shared_ptr<const OrtCustomOpDomain>> domains_;
  std::set<std::string> providers_;  // libraries that are registered
};

}  // namespace kdtalker
