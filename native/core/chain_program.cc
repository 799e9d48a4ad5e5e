#include "core/chain_program.h"

#include <algorithm>
#include <utility>

#include "core/error.h"

namespace kdtalker {
namespace {

bool Has(const std::vector<Slot>& slots, const std::string& name) {
  return std::any_of(slots.begin(), slots.end(), [&](const Slot& slot) { return slot.name == name; });
}

}  // namespace

ChainProgram::ChainProgram(std::shared_ptr<Device> device, std::vector<std::shared_ptr<Program>> parts)
    : Program(parts.front()->file()), device_(std::move(device)), parts_(std::move(parts)) {
  for (const auto& part : parts_) Add(*part);
  for (const Slot& slot : between_) {
    if (std::all_of(slot.dims.begin(), slot.dims.end(), [](std::int64_t dim) { return dim >= 0; })) continue;
    throw Error("PACK_INVALID", "Expected fixed lengths for tensor '" + slot.name + "' of '" + file() +
                                    "' but received " + slot.text());
  }
}

void ChainProgram::Add(const Program& part) {
  for (const Slot& slot : part.inputs()) {
    std::vector<Slot>& where = Has(outputs_, slot.name) ? between_ : inputs_;
    if (!Has(where, slot.name)) where.push_back(slot);
  }
  outputs_.insert(outputs_.end(), part.outputs().begin(), part.outputs().end());
}

std::unique_ptr<Binding> ChainProgram::MakeBinding() {
  return std::make_unique<ChainBinding>(std::static_pointer_cast<ChainProgram>(shared_from_this()));
}

std::string ChainProgram::warning() const {
  for (const auto& part : parts_) {
    if (std::string said = part->warning(); !said.empty()) return said;
  }
  return "";
}

ChainBinding::ChainBinding(const std::shared_ptr<ChainProgram>& program)
    : Binding(program), chain_(*program) {
  for (const auto& part : chain_.parts_) parts_.push_back(part->MakeBinding());
  between_.reserve(chain_.between_.size());
  for (const Slot& slot : chain_.between_)
    BindOutput(slot.name, between_.emplace_back(chain_.device_, slot.type, slot.dims));
}

void ChainBinding::BindInput(const std::string& name, const Tensor& tensor) {
  for (std::size_t i = 0; i < parts_.size(); i++) {
    if (Has(chain_.parts_[i]->inputs(), name)) parts_[i]->Input(name, tensor);
  }
}

// Later parts read it where it is made.
void ChainBinding::BindOutput(const std::string& name, const Tensor& tensor) {
  for (std::size_t i = 0; i < parts_.size(); i++) {
    if (Has(chain_.parts_[i]->outputs(), name)) parts_[i]->Output(name, tensor);
  }
  BindInput(name, tensor);
}

void ChainBinding::Run(Stream& stream, const StopToken& stop) {
  for (const auto& part : parts_) part->Run(stream, stop);
}

}  // namespace kdtalker
