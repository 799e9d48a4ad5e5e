#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/session.h"

namespace kdtalker {

// What a tensor of a graph must be.
class TensorRule {
 public:
  static constexpr std::int64_t kAny = -2;   // an axis of any fixed length
  static constexpr std::int64_t kOpen = -1;  // an axis that the graph leaves open

  // These lengths; the engine makes the tensor, so the graph may leave an axis open.
  static TensorRule Given(std::vector<std::int64_t> dims, Type type = Type::kFloat32);
  // These lengths, all fixed: the graph's shape decides how the tensor is made.
  static TensorRule Made(std::vector<std::int64_t> dims);
  // So many numbers, in any fixed shape.
  static TensorRule Numbers(std::int64_t count);
  // Any fixed shape.
  static TensorRule Fixed();

  bool Allows(const Slot& slot) const;
  std::string text() const;  // "float32 [1, 3, 256, 256]"

 private:
  enum class Kind { kGiven, kMade, kNumbers, kFixed };
  TensorRule(Kind kind, Type type, std::vector<std::int64_t> dims, std::int64_t count);
  bool AllowsAxis(std::int64_t wanted, std::int64_t has) const;

  Kind kind_;
  Type type_;
  std::vector<std::int64_t> dims_;
  std::int64_t count_;
};

// "float32 [1, 64, open]"
std::string TextOf(const Slot& slot);

}  // namespace kdtalker
