#include "plan/plan_network.h"

#include <algorithm>
#include <utility>

#include "plan/plan_program.h"

namespace kdtalker::plan {
namespace {

// Pictures of a batch, the last ones of a video, and those of another size.
constexpr std::size_t kMostLoaded = 4;

}  // namespace

PlanNetwork::PlanNetwork(const std::shared_ptr<Device>& device, const std::string& weights)
    : device_(device), weights_(LoadWeights(device, weights)), stream_(device->MakeStream()) {}

PlanNetwork::Loaded PlanNetwork::Load(const std::string& file) const {
  Loaded loaded;
  loaded.program = std::make_shared<PlanProgram>(device_, file, weights_);
  loaded.binding = loaded.program->MakeBinding();
  for (const Slot& slot : loaded.program->inputs())
    loaded.binding->Input(slot.name, loaded.inputs.emplace_back(device_, slot.type, slot.dims));
  for (const Slot& slot : loaded.program->outputs())
    loaded.binding->Output(slot.name, loaded.outputs.emplace_back(device_, slot.type, slot.dims));
  return loaded;
}

PlanNetwork::Loaded& PlanNetwork::LoadedFor(const std::string& file) {
  const auto found = std::find_if(recent_.begin(), recent_.end(),
                                  [&file](const Loaded& each) { return each.program->file() == file; });
  if (found != recent_.end()) {
    recent_.splice(recent_.begin(), recent_, found);
  } else {
    if (recent_.size() == kMostLoaded) recent_.pop_back();  // before the next one takes memory
    recent_.push_front(Load(file));
  }
  return recent_.front();
}

HostTensors PlanNetwork::Run(const std::string& file, const HostTensors& feeds) {
  const std::lock_guard<std::mutex> lock(mutex_);
  Loaded& plan = LoadedFor(file);
  for (std::size_t i = 0; i < plan.inputs.size(); i++)
    plan.inputs[i].UploadNow(*stream_, FeedOf(plan.program->inputs()[i], feeds).bytes.data(),
                             Crossing::kTrace);
  plan.binding->Run(*stream_, never_);
  HostTensors results;
  for (std::size_t i = 0; i < plan.outputs.size(); i++) {
    const Tensor& tensor = plan.outputs[i];
    HostTensor& result = results[plan.program->outputs()[i].name];
    result = {tensor.type(), tensor.dims(), std::vector<std::uint8_t>(tensor.bytes())};
    tensor.DownloadNow(*stream_, result.bytes.data(), Crossing::kTrace);
  }
  return results;
}

}  // namespace kdtalker::plan
