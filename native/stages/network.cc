#include "stages/network.h"

#include <utility>

#include "core/error.h"

namespace kdtalker::stages {
namespace {

const std::string& NameOf(const std::map<std::string, std::string>& names, const std::string& word,
                          const std::string& file) {
  const auto found = names.find(word);
  if (found == names.end()) {
    throw Error("PACK_INVALID", "Expected the role of '" + file + "' to name '" + word + "' but it does not");
  }
  return found->second;
}

}  // namespace

Network::Network(Role role, std::shared_ptr<Program> program)
    : role_(std::move(role)), program_(std::move(program)) {}

const Slot& Network::input(const std::string& word) const {
  return program_->input(NameOf(role_.inputs, word, role_.file));
}

const Slot& Network::output(const std::string& word) const {
  return program_->output(NameOf(role_.outputs, word, role_.file));
}

Tensor Network::MakeOutput(const std::shared_ptr<Device>& device, const std::string& word) const {
  const Slot& slot = output(word);
  return Tensor(device, slot.type, slot.dims);
}

const Network& RoleOf(const std::map<std::string, Network>& networks, const std::string& role) {
  const auto found = networks.find(role);
  if (found == networks.end())
    throw Error("PACK_INVALID", "Expected the pack to have the role '" + role + "' but it does not");
  return found->second;
}

NetworkRun::NetworkRun(const Network& network) : network_(network), binding_(network.MakeBinding()) {}

NetworkRun& NetworkRun::Input(const std::string& word, const Tensor& tensor) {
  binding_->Input(network_.input(word).name, tensor);
  return *this;
}

NetworkRun& NetworkRun::Output(const std::string& word, const Tensor& tensor) {
  binding_->Output(network_.output(word).name, tensor);
  return *this;
}

}  // namespace kdtalker::stages
