#pragma once

#include <onnxruntime_cxx_api.h>

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>

namespace kdtalker {

// The process's one ONNX Runtime. Shared by all environments (main and worker threads) and
// counted: the last owner's release frees it. The library itself stays open for the life of the process.
class Runtime {
 public:
  // Opens `library`, or returns the runtime that is already open whatever its library. `first`, when not
  // empty, is opened before it: onnxruntime-node's own copy must come first, as both carry the same SONAME.
  // Throws Error RUNTIME_NOT_FOUND.
  static std::shared_ptr<Runtime> Open(const std::string& library, const std::string& first);

  Runtime(std::string library, const OrtApiBase* base);
  Runtime(const Runtime&) = delete;
  Runtime& operator=(const Runtime&) = delete;

  const std::string& library() const { return library_; }
  const std::string& version() const { return version_; }
  const Ort::Env& env() const { return env_; }

  // Gives memory of the sessions' arena that none of them uses back to the system.
  void ShrinkArena() noexcept;

  // Operators of a domain of ours, for sessions loaded from here on. `make` is called the first time.
  using MakeDomain = std::function<std::shared_ptr<const OrtCustomOpDomain>()>;
  void AddDomain(const std::string& name, const MakeDomain& make);
  void AddDomainsTo(Ort::SessionOptions& options) const;

 private:
  std::string library_, version_;
  Ort::Env env_;
  mutable std::mutex mutex_;  // guards what follows
  std::map<std::string, std::shared_ptr<const OrtCustomOpDomain>> domains_;
};

}  // namespace kdtalker
