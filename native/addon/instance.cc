#include "addon/instance.h"

#include <algorithm>

#include "core/error.h"

namespace kdtalker::addon {

const std::shared_ptr<Runtime>& Instance::runtime() const {
  if (runtime_ == nullptr)
    throw Error("RUNTIME_NOT_FOUND", "Expected openRuntime() to be called before any other native call");
  return runtime_;
}

void Instance::Register(const std::shared_ptr<Run>& run) {
  runs_.erase(std::remove_if(runs_.begin(), runs_.end(), [](const auto& each) { return each.expired(); }),
              runs_.end());
  runs_.push_back(run);
}

void Instance::Close() {
  *ending_ = true;
  for (const auto& each : runs_) {
    if (auto run = each.lock()) run->Stop();
  }
  for (const auto& each : runs_) {
    if (auto run = each.lock()) run->Close();
  }
  jobs_.Close();
}

}  // namespace kdtalker::addon
