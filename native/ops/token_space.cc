#include "ops/token_space.h"

#include <algorithm>

#include "ops/team.h"

namespace kdtalker::ops {
namespace {

using Kind = TokenLayer::Kind;

// Rows are a cache line longer than their panels: the same column of many rows must not share a cache set.
std::int64_t RowOf(int width) {
  return std::int64_t{kernels::PanelsOf(width)} * kernels::kTokenPanel + 16;
}

std::size_t CountPhases(const TokenPlan& plan) {
  std::size_t phases = 2;
  for (const TokenLayer& layer : plan.layers)
    phases += layer.kind == Kind::kAttention ? 4 : layer.kind == Kind::kResidual ? 3 : 1;
  return phases;
}

// A member's floats: for a product or for a head, which a member never computes at the same time.
std::size_t OwnFloats(const TokenSizes& sizes) {
  const std::size_t linear = kernels::LinearSpace(sizes.rows);
  const std::size_t attend = sizes.head == 0 ? 0 : kernels::AttendSpace(sizes.rows, sizes.head);
  return (std::max(linear, attend) + 15) / 16 * 16;
}

// Returns consecutive parts, each aligned to a cache line; addresses are null if there is no memory.
class Cutter {
 public:
  explicit Cutter(char* memory) : memory_(memory) {}

  template <class T>
  T* Cut(std::int64_t count) {
    char* at = memory_ == nullptr ? nullptr : memory_ + used_;
    used_ += (static_cast<std::size_t>(count) * sizeof(T) + 63) / 64 * 64;
    return reinterpret_cast<T*>(at);
  }

  std::size_t used() const { return used_; }

 private:
  char* memory_;
  std::size_t used_ = 0;
};

}  // namespace

TokenSizes SizesOf(const TokenPlan& plan, const std::vector<TokenInputs>& inputs, int rows, int channels) {
  TokenSizes sizes{rows, channels, 0, 0, 0, CountPhases(plan)};
  for (std::size_t i = 0; i < plan.layers.size(); i++) {
    const TokenLayer& layer = plan.layers[i];
    sizes.widest = std::max(sizes.widest, layer.width);
    if (layer.kind != Kind::kAttention) continue;
    sizes.widest_attention = std::max(sizes.widest_attention, layer.width);
    sizes.head = std::max(sizes.head, layer.width / plan.heads);
    sizes.turning = std::max(sizes.turning, inputs[i].turning);
  }
  return sizes;
}

template <class T>
std::size_t CutSpace(TokenSpace<T>& space, const TokenSizes& sizes, char* memory) {
  Cutter cutter(memory);
  space.row = RowOf(sizes.widest);
  space.qkv_row = RowOf(3 * sizes.widest_attention);
  space.own_floats = OwnFloats(sizes);
  const std::int64_t whole = sizes.rows * space.row, turning = std::int64_t{sizes.rows} * sizes.turning;
  space.stream = cutter.Cut<float>(whole);
  space.hidden = cutter.Cut<float>(whole);
  space.normal = cutter.Cut<T>(whole);
  space.low = sizeof(T) == sizeof(float) ? nullptr : cutter.Cut<T>(whole);
  space.qkv = cutter.Cut<float>(sizes.widest_attention == 0 ? 0 : sizes.rows * space.qkv_row);
  space.cos = cutter.Cut<float>(turning);
  space.sin = cutter.Cut<float>(turning);
  space.own = cutter.Cut<float>(space.members * static_cast<std::int64_t>(space.own_floats));
  space.phases = cutter.Cut<TeamPhase>(static_cast<std::int64_t>(sizes.phases));
  return cutter.used();
}

template std::size_t CutSpace<float>(TokenSpace<float>&, const TokenSizes&, char*);
template std::size_t CutSpace<kernels::Bf16>(TokenSpace<kernels::Bf16>&, const TokenSizes&, char*);

}  // namespace kdtalker::ops
