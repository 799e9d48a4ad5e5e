#pragma once

#include <napi.h>

#include <memory>
#include <mutex>
#include <vector>

#include "addon/jobs.h"
#include "core/runtime.h"
#include "engine/run.h"
#include "ops/domain.h"

namespace kdtalker::addon {

// The addon's state for one environment (the main thread or a worker). Members are destroyed in reverse
// order.
class Instance {
 public:
  explicit Instance(Napi::Env env) : jobs_(env) {}

  static Instance& Of(Napi::Env env) { return *env.GetInstanceData<Instance>(); }

  Jobs& jobs() { return jobs_; }

  void OpenRuntime(const std::string& library, const std::string& first, int threads) {
    runtime_ = Runtime::Open(library, first, threads);
    ops::Register(*runtime_);
  }
  const std::shared_ptr<Runtime>& runtime() const;  // throws Error RUNTIME_NOT_FOUND before OpenRuntime

  // Clips write into buffers of this environment, so they must end before it does.
  void Register(const std::shared_ptr<Run>& run);

  // True once the environment ends; outlives it.
  const std::shared_ptr<bool>& ending() const { return ending_; }

  // The environment ends: waits for its work.
  void Close();

 private:
  std::shared_ptr<Runtime> runtime_;
  std::vector<std::weak_ptr<Run>> runs_;
  std::shared_ptr<bool> ending_ = std::make_shared<bool>(false);  // JavaScript thread only
  Jobs jobs_;
};

}  // namespace kdtalker::addon
