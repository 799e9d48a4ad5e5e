#include "engine/tensor_rule.h"

#include <algorithm>
#include <utility>

namespace kdtalker {
namespace {

// More than any tensor of a talking-head network; sizes below it cannot overflow.
constexpr std::int64_t kMostNumbers = std::int64_t{1} << 28;

// The product of fixed lengths; 0 if one is not fixed, or if there are too many elements.
std::int64_t FixedCount(const std::vector<std::int64_t>& dims) {
  std::int64_t count = 1;
  for (const std::int64_t dim : dims) {
    if (dim < 1 || dim > kMostNumbers / count) return 0;
    count *= dim;
  }
  return count;
}

std::string LengthText(std::int64_t length) {
  if (length == TensorRule::kAny) return "any";
  return length < 0 ? "open" : std::to_string(length);
}

std::string ShapeText(Type type, const std::vector<std::int64_t>& dims) {
  std::string text = std::string(TypeName(type)) + " [";
  for (std::size_t i = 0; i < dims.size(); i++) text += (i == 0 ? "" : ", ") + LengthText(dims[i]);
  return text + "]";
}

}  // namespace

TensorRule::TensorRule(Kind kind, Type type, std::vector<std::int64_t> dims, std::int64_t count)
    : kind_(kind), type_(type), dims_(std::move(dims)), count_(count) {}

TensorRule TensorRule::Given(std::vector<std::int64_t> dims, Type type) {
  return {Kind::kGiven, type, std::move(dims), 0};
}
TensorRule TensorRule::Made(std::vector<std::int64_t> dims) {
  return {Kind::kMade, Type::kFloat32, std::move(dims), 0};
}
TensorRule TensorRule::Numbers(std::int64_t count) {
  return {Kind::kNumbers, Type::kFloat32, {}, count};
}
TensorRule TensorRule::Fixed() {
  return {Kind::kFixed, Type::kFloat32, {}, 0};
}

TensorRule TensorRule::FixedOrHalves() {
  return {Kind::kFixedOrHalves, Type::kFloat32, {}, 0};
}

bool TensorRule::AllowsAxis(std::int64_t wanted, std::int64_t has) const {
  if (wanted == kAny) return has > 0 && has <= kMostNumbers;
  if (wanted == kOpen) return has < 0;
  return has == wanted || (has < 0 && kind_ == Kind::kGiven);
}

bool TensorRule::Allows(const Slot& slot) const {
  const bool halves = kind_ == Kind::kFixedOrHalves && slot.type == Type::kFloat16;
  if (slot.type != type_ && !halves) return false;
  if (kind_ == Kind::kNumbers) return FixedCount(slot.dims) == count_;
  if (kind_ == Kind::kFixed || kind_ == Kind::kFixedOrHalves) return FixedCount(slot.dims) > 0;
  return std::equal(dims_.begin(), dims_.end(), slot.dims.begin(), slot.dims.end(),
                    [this](std::int64_t wanted, std::int64_t has) { return AllowsAxis(wanted, has); });
}

std::string TensorRule::text() const {
  if (kind_ == Kind::kNumbers) return "float32 of " + std::to_string(count_) + " numbers in a fixed shape";
  if (kind_ == Kind::kFixed || kind_ == Kind::kFixedOrHalves)
    return "float32 of a fixed shape of at most " + std::to_string(kMostNumbers) + " numbers";
  return ShapeText(type_, dims_);
}

std::string TextOf(const Slot& slot) {
  return ShapeText(slot.type, slot.dims);
}

}  // namespace kdtalker
