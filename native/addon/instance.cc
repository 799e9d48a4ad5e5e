#include "addon/instance.h"

#include <algorithm>

#include "core/error.h"

namespace kdtalker::addon {

const std::shared_ptr<Runtime>& Instance::runtime() const {
  if (runtime_ == nullptr)
    throw Error("RUNTIME_NOT_FOUND", "Expected openRuntime() to be called before any other native call");
  return runtime_;
}

void Instance::Register(const std::shared_ptr<Clip>& clip) {
  clips_.erase(std::remove_if(clips_.begin(), clips_.end(), [](const auto& each) { return each.expired(); }),
               clips_.end());
  clips_.push_back(clip);
}

void Instance::Close() {
  *ending_ = true;
  for (const auto& each : clips_) {
    if (auto clip = each.lock()) clip->Stop();
  }
  for (const auto& each : clips_) {
    if (auto clip = each.lock()) clip->Close();
  }
  jobs_.Close();
}

}  // namespace kdtalker::addon
