#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "engine/tensor_rule.h"
#include "stages/network.h"

namespace kdtalker {

// Throws Error PACK_INVALID: "Expected {expected} for {what} but received {received}".
[[noreturn]] void RefusePack(const std::string& expected, const std::string& what,
                             const std::string& received);

// Checks the inputs and outputs of one network of a pack. The methods throw Error PACK_INVALID.
class RoleCheck {
 public:
  using Words = std::vector<std::pair<std::string, TensorRule>>;  // the pack's words for tensors

  // `signature` must outlive this.
  RoleCheck(std::string name, const stages::Signature& signature);

  void Inputs(const Words& words) const;  // these and no others
  void Outputs(const Words& words) const;
  void Traced(
      const std::vector<std::string>& words) const;  // optional outputs: checked if the pack names them

  const Slot& Output(const std::string& word) const;

 private:
  using Names = std::map<std::string, std::string>;

  std::string Place() const;
  std::string PlaceOf(const char* kind, const std::string& word, const std::string& tensor) const;
  const Slot& Find(const char* kind, const std::string& word, const Names& names,
                   const std::vector<Slot>& slots) const;
  void Check(const char* kind, const Words& words, const Names& names, const std::vector<Slot>& slots) const;
  void CheckDistinct(const char* kind, const Names& names) const;
  void CheckAllNamed() const;

  std::string name_;
  const stages::Signature& signature_;
};

}  // namespace kdtalker
