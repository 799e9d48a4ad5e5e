#pragma once

#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "core/device.h"
#include "core/host_tensor.h"
#include "core/program.h"
#include "core/stop_token.h"
#include "core/stream.h"
#include "plan/plan_binding.h"
#include "plan/plan_program.h"

namespace kdtalker::plan {

// One network by its plans, of which each is for other lengths, with tensors of the host in and out. Weights
// are loaded once. Thread-safe: runs wait for each other.
class PlanNetwork {
 public:
  PlanNetwork(const std::shared_ptr<Device>& device, const std::string& weights);

  // `file`: the plan for the lengths of `feeds`. The plans of the last few runs stay loaded. Throws Error
  // INVALID_ARGUMENT for feeds of others, and what PlanProgram does.
  HostTensors Run(const std::string& file, const HostTensors& feeds);

  // Milliseconds of each kernel of the plan, in the order of its operations: of one of `rounds` launches
  // beside each other, with what the kernels before it made. Inputs are noise. Throws as Run().
  std::vector<double> TimeKernels(const std::string& file, int rounds);

 private:
  // A plan tied to tensors.
  struct Loaded {
    std::shared_ptr<PlanProgram> program;
    std::vector<Tensor> inputs, outputs;   // in the order of the program's
    std::unique_ptr<PlanBinding> binding;  // goes before them
  };

  Loaded& LoadedFor(const std::string& file);
  Loaded Load(const std::string& file) const;

  const std::shared_ptr<Device> device_;
  const std::shared_ptr<const Memory> weights_;
  const std::unique_ptr<Stream> stream_;
  const StopToken never_;
  std::mutex mutex_;
  std::list<Loaded> recent_;  // the last one first
};

}  // namespace kdtalker::plan
