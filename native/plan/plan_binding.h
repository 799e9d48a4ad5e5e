#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/program.h"
#include "core/repeat.h"
#include "plan/kernel.h"
#include "plan/plan_program.h"

namespace kdtalker::plan {

// A plan tied to tensors, with an arena of its own. An output must not share memory with an input. The first
// run after a Bind makes the kernels, and memory for outputs that nobody wants; the next captures them as one
// graph, where the device has graphs, and others only launch it.
class PlanBinding final : public Binding {
 public:
  explicit PlanBinding(const std::shared_ptr<PlanProgram>& program);

  // Throws Error PACK_INVALID if an input is not bound, or the stream is not of the plan's device.
  void Run(Stream& stream, const StopToken& stop) override;

  // Runs the plan once, each kernel several times in a row. Milliseconds of a launch of each, the mean of
  // `rounds`, in the order of the plan's operations. Waits.
  std::vector<double> TimeKernels(Stream& stream, int rounds);

 private:
  void BindInput(const std::string& name, const Tensor& tensor) override { Bind(name, false, tensor); }
  void BindOutput(const std::string& name, const Tensor& tensor) override { Bind(name, true, tensor); }
  void Bind(const std::string& name, bool output, const Tensor& tensor);
  void Prepare(const Stream& stream);
  void MakeReady();
  void MakeKernels();
  void* AddressOf(const Buffer& buffer) const;

  const PlanProgram& plan_;
  Memory arena_;
  std::vector<void*> slots_;  // device addresses; null: not bound
  std::vector<Memory> spares_;
  std::vector<Kernel> kernels_;
  Repeat repeat_;  // before what its graph uses is gone
  bool ready_ = false;
};

}  // namespace kdtalker::plan
