#pragma once

#include <onnxruntime_cxx_api.h>

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>

#include "core/session_threads.h"

namespace kdtalker {

// The only ONNX Runtime of the process. All environments (main and worker threads) share it,
// reference-counted: the last owner frees it. The library itself stays open until the process ends.
class Runtime {
 public:
  // Opens `library`, or returns the runtime that is already open, even of another library. `first`, if not
  // empty, is opened before it: onnxruntime-node's own copy must come first, because both have the same
  // SONAME. `threads`, with the calling one: of the runs of sessions that share theirs; 1: none do. Throws
  // Error RUNTIME_NOT_FOUND.
  static std::shared_ptr<Runtime> Open(const std::string& library, const std::string& first, int threads = 1);

  Runtime(std::string library, const OrtApiBase* base, int threads);
  Runtime(const Runtime&) = delete;
  Runtime& operator=(const Runtime&) = delete;

  const std::string& library() const { return library_; }
  const std::string& version() const { return version_; }
  Ort::Env& env() { return env_; }

  // Whether a session of so many threads runs on those that all such sessions share. They are started at the
  // first call; if the system refuses one, or if somebody else's environment was there before (that of
  // onnxruntime-node, in the same library), sessions have threads of their own.
  bool Shares(int threads) noexcept;

  // Opens a library of execution providers in ONNX Runtime's plugin form, unless it is open. Throws
  // Ort::Exception.
  void RegisterProviders(const std::string& name, const std::string& library);

  // Returns unused memory of the sessions' arena to the system.
  void ShrinkArena() noexcept;

  // Registers operators of our own domain for sessions loaded later. The first call calls `make`.
  using MakeDomain = std::function<std::shared_ptr<const OrtCustomOpDomain>()>;
  void AddDomain(const std::string& name, const MakeDomain& make);
  void AddDomainsTo(Ort::SessionOptions& options) const;

  // Loads the graph of `file`, which may have the operators of these domains. From many threads at once; the
  // first session that names a domain is loaded alone, since ONNX Runtime looks for a domain's name in a list
  // of the process, and adds it there, without a lock. Throws Ort::Exception.
  Ort::Session LoadWithDomains(const std::string& file, Ort::SessionOptions& options);

 private:
  // Somebody else's reference can keep the environment, which then works with its threads until the end.
  struct LeaveWorking {
    void operator()(SessionThreads* threads) const noexcept {
      if (!threads->working()) delete threads;
    }
  };

  std::size_t DomainCount() const;

  std::string library_, version_;
  std::unique_ptr<SessionThreads, LeaveWorking> threads_;
  Ort::Env env_;
  mutable std::mutex mutex_;  // guards what follows
  std::map<std::string, std::shared_ptr<const OrtCustomOpDomain>> domains_;
  std::set<std::string> providers_;  // libraries that are registered
  std::mutex naming_mutex_;  // guards what follows, and loading with domains that ONNX Runtime does not know
  std::size_t named_ = 0;    // domains that it knows
};

}  // namespace kdtalker
