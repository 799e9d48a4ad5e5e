#include "stages/network.h"

#include <algorithm>
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

void CheckSize(const Slot& slot, const Tensor& tensor, const std::string& file) {
  const bool fits =
      slot.type == tensor.type() && slot.dims.size() == tensor.dims().size() &&
      std::equal(slot.dims.begin(), slot.dims.end(), tensor.dims().begin(),
                 [](std::int64_t wanted, std::int64_t given) { return wanted < 0 || wanted == given; });
  if (fits) return;
  throw Error("PACK_INVALID", "Expected tensor '" + slot.name + "' of '" + file + "' to take " +
                                  DimsToText(tensor.dims()) + " but the graph says " + DimsToText(slot.dims));
}

}  // namespace

Network::Network(std::shared_ptr<Runtime> runtime, Role role, int threads)
    : role_(std::move(role)), session_(std::make_shared<Session>(std::move(runtime), role_.file, threads)) {}

const Slot& Network::input(const std::string& word) const {
  return session_->input(NameOf(role_.inputs, word, role_.file));
}

const Slot& Network::output(const std::string& word) const {
  return session_->output(NameOf(role_.outputs, word, role_.file));
}

Tensor Network::MakeOutput(const std::shared_ptr<Device>& device, const std::string& word) const {
  const Slot& slot = output(word);
  if (std::any_of(slot.dims.begin(), slot.dims.end(), [](std::int64_t dim) { return dim < 0; })) {
    throw Error("PACK_INVALID", "Expected a fixed shape for '" + slot.name + "' of '" + role_.file +
                                    "' but it is " + DimsToText(slot.dims));
  }
  return Tensor(device, slot.type, slot.dims);
}

const Network& RoleOf(const std::map<std::string, Network>& networks, const std::string& role) {
  const auto found = networks.find(role);
  if (found == networks.end())
    throw Error("PACK_INVALID", "Expected the pack to have the role '" + role + "' but it has not");
  return found->second;
}

NetworkRun::NetworkRun(const Network& network) : network_(network), binding_(network.session()) {}

NetworkRun& NetworkRun::Input(const std::string& word, const Tensor& tensor) {
  const Slot& slot = network_.input(word);
  CheckSize(slot, tensor, network_.session()->file());
  binding_.Input(slot.name, tensor);
  return *this;
}

NetworkRun& NetworkRun::Output(const std::string& word, const Tensor& tensor) {
  const Slot& slot = network_.output(word);
  CheckSize(slot, tensor, network_.session()->file());
  binding_.Output(slot.name, tensor);
  return *this;
}

}  // namespace kdtalker::stages
