#pragma once

#include <memory>
#include <string>

#include "core/device.h"
#include "core/program.h"
#include "plan/tables.h"

namespace kdtalker::plan {

// The weights of a network on a device, for all of its plans. Thread-safe.
std::shared_ptr<const Memory> LoadWeights(const std::shared_ptr<Device>& device, const std::string& file);

// A network for fixed lengths as a list of kernels, checked; with its weights and constants on a device.
class PlanProgram final : public Program {
 public:
  // Throws Error PACK_DAMAGED if the file is not a plan, one of its operations would leave its buffers, or
  // the weights are not of its size.
  PlanProgram(std::shared_ptr<Device> device, const std::string& file, std::shared_ptr<const Memory> weights);

  std::unique_ptr<Binding> MakeBinding() override;

  const Tables& tables() const { return tables_; }
  const std::shared_ptr<Device>& device() const { return device_; }
  const Memory& weights() const { return *weights_; }
  const Memory& constants() const { return constants_; }

 private:
  std::shared_ptr<Device> device_;
  Tables tables_;
  std::shared_ptr<const Memory> weights_;
  Memory constants_;
};

}  // namespace kdtalker::plan
