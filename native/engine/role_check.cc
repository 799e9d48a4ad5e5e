#include "engine/role_check.h"

#include <set>

#include "core/error.h"

namespace kdtalker {
namespace {

std::string Quoted(const std::string& text) {
  return "'" + text + "'";
}

std::string NamesOf(const std::vector<Slot>& slots) {
  std::string names;
  for (const Slot& slot : slots) names += (names.empty() ? "" : ", ") + Quoted(slot.name);
  return names.empty() ? "none" : names;
}

}  // namespace

void RefusePack(const std::string& expected, const std::string& what, const std::string& received) {
  throw Error("PACK_INVALID", "Expected " + expected + " for " + what + " but received " + received);
}

RoleCheck::RoleCheck(std::string name, const stages::Signature& signature)
    : name_(std::move(name)), signature_(signature) {}

void RoleCheck::Inputs(const Words& words) const {
  Check("input", words, signature_.role.inputs, signature_.inputs);
  CheckAllNamed();
}

void RoleCheck::Outputs(const Words& words) const {
  Check("output", words, signature_.role.outputs, signature_.outputs);
}

void RoleCheck::Traced(const std::vector<std::string>& words) const {
  for (const std::string& word : words) {
    if (signature_.role.outputs.count(word) != 0) Outputs({{word, TensorRule::Fixed()}});
  }
}

const Slot& RoleCheck::Output(const std::string& word) const {
  return Find("output", word, signature_.role.outputs, signature_.outputs);
}

std::string RoleCheck::Place() const {
  return "role " + name_ + " (" + Quoted(signature_.role.file) + ")";
}

std::string RoleCheck::PlaceOf(const char* kind, const std::string& word, const std::string& tensor) const {
  return std::string(kind) + " " + Quoted(word) + " (tensor " + Quoted(tensor) + ") of " + Place();
}

const Slot& RoleCheck::Find(const char* kind, const std::string& word, const Names& names,
                            const std::vector<Slot>& slots) const {
  const auto name = names.find(word);
  if (name == names.end())
    RefusePack("a tensor's name", std::string(kind) + " " + Quoted(word) + " of " + Place(), "none");
  for (const Slot& slot : slots) {
    if (slot.name == name->second) return slot;
  }
  RefusePack("a tensor of the graph", PlaceOf(kind, word, name->second), "a graph with " + NamesOf(slots));
}

void RoleCheck::Check(const char* kind, const Words& words, const Names& names,
                      const std::vector<Slot>& slots) const {
  CheckDistinct(kind, names);
  for (const auto& [word, rule] : words) {
    const Slot& slot = Find(kind, word, names, slots);
    if (!rule.Allows(slot)) RefusePack(rule.text(), PlaceOf(kind, word, slot.name), TextOf(slot));
  }
}

// Two words for one tensor would leave one of them unbound.
void RoleCheck::CheckDistinct(const char* kind, const Names& names) const {
  std::set<std::string> seen;
  for (const auto& [word, tensor] : names) {
    if (!seen.insert(tensor).second)
      RefusePack("a tensor of its own", PlaceOf(kind, word, tensor), "one that another word names");
  }
}

// An input that nobody binds would fail every run.
void RoleCheck::CheckAllNamed() const {
  std::set<std::string> named;
  for (const auto& [word, tensor] : signature_.role.inputs) named.insert(tensor);
  for (const Slot& slot : signature_.inputs) {
    if (named.count(slot.name) == 0)
      RefusePack("only inputs that pack.json names", "the graph of " + Place(), Quoted(slot.name));
  }
}

}  // namespace kdtalker
