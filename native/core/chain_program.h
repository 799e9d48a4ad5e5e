#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/program.h"
#include "core/tensor.h"

namespace kdtalker {

// Programs that run one after the other as one network: an output of one is the input of that name of later
// ones, and every other input is the network's. Outputs are those of all of them.
class ChainProgram final : public Program {
 public:
  // Throws Error PACK_INVALID if the lengths of a value between two of them are not fixed.
  ChainProgram(std::shared_ptr<Device> device, std::vector<std::shared_ptr<Program>> parts);

  std::unique_ptr<Binding> MakeBinding() override;
  std::string warning() const override;

 private:
  friend class ChainBinding;
  void Add(const Program& part);

  std::shared_ptr<Device> device_;
  std::vector<std::shared_ptr<Program>> parts_;
  std::vector<Slot> between_;
};

// The parts' bindings, with tensors for the values between them that nobody else binds.
class ChainBinding final : public Binding {
 public:
  explicit ChainBinding(const std::shared_ptr<ChainProgram>& program);

  void Run(Stream& stream, const StopToken& stop) override;

 private:
  void BindInput(const std::string& name, const Tensor& tensor) override;
  void BindOutput(const std::string& name, const Tensor& tensor) override;

  const ChainProgram& chain_;
  std::vector<Tensor> between_;
  std::vector<std::unique_ptr<Binding>> parts_;  // before their tensors are gone
};

}  // namespace kdtalker
