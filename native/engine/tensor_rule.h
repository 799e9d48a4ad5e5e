#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/session.h"

namespace kdtalker {

// The required type and shape of a graph's tensor.
class TensorRule {
 public:
  static constexpr std::int64_t kAny = -2;   // an axis of any fixed length
  static constexpr std::int64_t kOpen = -1;  // a dynamic axis

  // These lengths; the engine allocates the tensor, so the graph may have dynamic axes.
  static TensorRule Given(std::vector<std::int64_t> dims, Type type = Type::kFloat32);
  // These lengths, all fixed: the engine allocates the tensor with the graph's shape.
  static TensorRule Made(std::vector<std::int64_t> dims);
  // This number of elements, in any fixed shape.
  static TensorRule Numbers(std::int64_t count);
  // Any fixed shape.
  static TensorRule Fixed();
  // The same, of floats or of halves: what one plan makes for another.
  static TensorRule FixedOrHalves();

  bool Allows(const Slot& slot) const;
  std::string text() const;  // "float32 [1, 3, 256, 256]"

 private:
  enum class Kind { kGiven, kMade, kNumbers, kFixed, kFixedOrHalves };
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
