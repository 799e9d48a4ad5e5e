#include "plan/plan_network.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <utility>

#include "kernels/half.h"
#include "kernels/normal.h"

namespace kdtalker::plan {
namespace {

// Pictures of a batch, the last ones of a video, and those of another size.
constexpr std::size_t kMostLoaded = 4;

std::vector<float> Normals(std::size_t count) {
  std::vector<float> normals(count);
  const auto length = static_cast<std::int64_t>(count);
  const kernels::FillNormal fill{normals.data(), length, 1, 0, 0, kernels::NoisePurpose::kInitial};
  for (std::int64_t i = 0; i < fill.count(); i++) fill(i);
  return normals;
}

// The bytes of a tensor of noise; of whole numbers, of zeros.
std::vector<std::uint8_t> NoiseFor(const Slot& slot) {
  const auto count = static_cast<std::size_t>(ElementCount(slot.dims));
  std::vector<std::uint8_t> bytes(count * SizeOf(slot.type));
  if (slot.type != Type::kFloat32 && slot.type != Type::kFloat16) return bytes;
  const std::vector<float> normals = Normals(count);
  if (slot.type == Type::kFloat32) {
    std::memcpy(bytes.data(), normals.data(), bytes.size());
  } else {
    std::vector<kernels::Half> halves(count);
    std::transform(normals.begin(), normals.end(), halves.begin(), kernels::HalfOf);
    std::memcpy(bytes.data(), halves.data(), bytes.size());
  }
  return bytes;
}

}  // namespace

PlanNetwork::PlanNetwork(const std::shared_ptr<Device>& device, const std::string& weights)
    : device_(device), weights_(LoadWeights(device, weights)), stream_(device->MakeStream()) {}

PlanNetwork::Loaded PlanNetwork::Load(const std::string& file) const {
  Loaded loaded;
  loaded.program = std::make_shared<PlanProgram>(device_, file, weights_);
  loaded.binding = std::make_unique<PlanBinding>(loaded.program);
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

std::vector<double> PlanNetwork::TimeKernels(const std::string& file, int rounds) {
  const std::lock_guard<std::mutex> lock(mutex_);
  Loaded& plan = LoadedFor(file);
  for (std::size_t i = 0; i < plan.inputs.size(); i++)
    plan.inputs[i].UploadNow(*stream_, NoiseFor(plan.program->inputs()[i]).data(), Crossing::kTrace);
  return plan.binding->TimeKernels(*stream_, rounds);
}

}  // namespace kdtalker::plan
