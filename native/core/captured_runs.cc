#include "core/captured_runs.h"

#include "core/cuda_device.h"
#include "core/session_slots.h"

namespace kdtalker {

Ort::Value OnGpu(const Tensor& tensor) {
  const Ort::MemoryInfo memory("Cuda", OrtDeviceAllocator, GpuNumberOf(tensor.device().name()),
                               OrtMemTypeDefault);
  return Ort::Value::CreateTensor(memory, tensor.address(), tensor.bytes(), tensor.dims().data(),
                                  tensor.dims().size(), OnnxTypeOf(tensor.type()));
}

CapturedRuns::CapturedRuns(const std::shared_ptr<Device>& device, const std::vector<Slot>& inputs,
                           const std::vector<Slot>& outputs) {
  const auto add = [&](std::vector<std::string>& names, const Slot& slot) {
    names.push_back(slot.name);
    tensors_.emplace(slot.name, Tensor(device, slot.type, slot.dims));
  };
  for (const Slot& slot : inputs) add(inputs_, slot);
  for (const Slot& slot : outputs) add(outputs_, slot);
}

void CapturedRuns::Bind(Ort::Session& session) {
  binding_.emplace(session);
  for (const std::string& name : inputs_) binding_->BindInput(name.c_str(), OnGpu(tensor(name)));
  for (const std::string& name : outputs_) binding_->BindOutput(name.c_str(), OnGpu(tensor(name)));
}

}  // namespace kdtalker
