#include "plan/plan_program.h"

#include <utility>
#include <vector>

#include "core/error.h"
#include "core/stream.h"
#include "plan/kernel.h"
#include "plan/plan_binding.h"

namespace kdtalker::plan {
namespace {

Memory Uploaded(const std::shared_ptr<Device>& device, const std::vector<std::uint8_t>& bytes) {
  Memory memory = device->Allocate(bytes.size());
  if (!bytes.empty())
    device->MakeStream()->UploadNow(memory.address(), bytes.data(), bytes.size(), Crossing::kPack);
  return memory;
}

void CheckOperations(const Tables& tables) {
  const std::vector<void*> nowhere(tables.buffers.size(), nullptr);
  for (const Operation& operation : tables.operations) KernelOf(tables, operation, nowhere);
}

}  // namespace

std::shared_ptr<const Memory> LoadWeights(const std::shared_ptr<Device>& device, const std::string& file) {
  return std::make_shared<const Memory>(Uploaded(device, ReadBytes(file)));
}

PlanProgram::PlanProgram(std::shared_ptr<Device> device, const std::string& file,
                         std::shared_ptr<const Memory> weights)
    : Program(file),
      device_(std::move(device)),
      tables_(ReadTables(ReadBytes(file), file)),
      weights_(std::move(weights)) {
  CheckOperations(tables_);
  if (static_cast<std::size_t>(tables_.weight_bytes) != weights_->bytes()) {
    throw Error("PACK_DAMAGED", "Expected " + std::to_string(tables_.weight_bytes) +
                                    " bytes of weights for plan '" + file + "' but received " +
                                    std::to_string(weights_->bytes()));
  }
  for (const PlanSlot& slot : tables_.slots)
    (slot.output ? outputs_ : inputs_).push_back({slot.name, slot.type, slot.dims});
  constants_ = Uploaded(device_, std::exchange(tables_.constants, {}));
}

std::unique_ptr<Binding> PlanProgram::MakeBinding() {
  return std::make_unique<PlanBinding>(std::static_pointer_cast<PlanProgram>(shared_from_this()));
}

}  // namespace kdtalker::plan
