#include "core/program.h"

#include <algorithm>
#include <utility>

#include "core/error.h"

namespace kdtalker {
namespace {

const Slot& Find(const std::vector<Slot>& slots, const std::string& name, const std::string& file) {
  const auto found =
      std::find_if(slots.begin(), slots.end(), [&](const Slot& slot) { return slot.name == name; });
  if (found != slots.end()) return *found;
  std::string names;
  for (const Slot& slot : slots) names += (names.empty() ? "" : ", ") + slot.name;
  throw Error("PACK_INVALID", "Expected tensor '" + name + "' in '" + file + "' but it has " + names);
}

void CheckBound(const Slot& slot, const Tensor& tensor, const std::string& file) {
  if (slot.Takes(tensor.type(), tensor.dims())) return;
  throw Error("PACK_INVALID", std::string("Expected ") + TypeName(tensor.type()) + " " +
                                  DimsToText(tensor.dims()) + " for tensor '" + slot.name + "' of '" + file +
                                  "' but received " + slot.text());
}

}  // namespace

bool Slot::Takes(Type given, const std::vector<std::int64_t>& lengths) const {
  return type == given &&
         std::equal(dims.begin(), dims.end(), lengths.begin(), lengths.end(),
                    [](std::int64_t wanted, std::int64_t length) { return wanted < 0 || wanted == length; });
}

std::string Slot::text() const {
  return std::string(TypeName(type)) + " " + DimsToText(dims);
}

const Slot& Program::input(const std::string& name) const {
  return Find(inputs_, name, file_);
}

const Slot& Program::output(const std::string& name) const {
  return Find(outputs_, name, file_);
}

Binding& Binding::Input(const std::string& name, const Tensor& tensor) {
  CheckBound(program_->input(name), tensor, program_->file());
  BindInput(name, tensor);
  return *this;
}

Binding& Binding::Output(const std::string& name, const Tensor& tensor) {
  CheckBound(program_->output(name), tensor, program_->file());
  BindOutput(name, tensor);
  return *this;
}

}  // namespace kdtalker
