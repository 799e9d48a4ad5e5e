#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "ops/team.h"
#include "ops/token_space.h"

namespace kdtalker::ops {
namespace {

using kernels::Bf16;
using kernels::CpuKernels;
using Kind = TokenLayer::Kind;

constexpr int kRowsAtOnce = 4;  // rows of one item of a normalisation

int CountRowGroups(int rows) {
  return (rows + kRowsAtOnce - 1) / kRowsAtOnce;
}

// A later product; its weights are prefetched before it begins.
struct Then {
  const void* weights;  // null: no product follows soon
  int channels, outputs;
  int phases;  // phases from this product to that one
  int groups;  // see PanelOf
};

// Runs the layers for one member. All members have the same state in the same phase.
template <class T>
class TokenMember {
 public:
  TokenMember(const kernels::TokenKernels<T>& kernels, const TokenPlan& plan,
              const std::vector<TokenInputs>& inputs, const TokenSpace<T>& space, int rows, TeamMember& team)
      : kernels_(kernels),
        plan_(plan),
        inputs_(inputs),
        space_(space),
        own_(space.own + static_cast<std::size_t>(team.index()) * space.own_floats),
        rows_(rows),
        team_(team) {}

  void Run(const float* x, int channels, float* y) noexcept {
    const TokenInputs* turns = nullptr;
    for (std::size_t i = 0; i < inputs_.size() && turns == nullptr; i++)
      if (plan_.layers[i].kind == Kind::kAttention) turns = &inputs_[i];
    Begin(x, channels, turns);
    int width = channels;
    for (std::size_t i = 0; i < plan_.layers.size(); i++) {
      Layer(plan_.layers[i], inputs_[i], width, FirstOf(i + 1, plan_.layers[i].width));
      width = plan_.layers[i].width;
    }
    ForRows([&](int row) {
      std::copy_n(space_.stream + row * space_.row, width, y + std::int64_t{row} * width);
    });
  }

 private:
  template <class Work>
  void ForRows(const Work& work) {
    team_.For(CountRowGroups(rows_), [&](int group) {
      const int first = group * kRowsAtOnce, last = std::min(rows_, first + kRowsAtOnce);
      for (int row = first; row < last; row++) work(row);
    });
  }

  // The stream in the element type of products.
  const T* Operand() const {
    if constexpr (sizeof(T) == sizeof(float)) {
      return space_.stream;
    } else {
      return space_.low;
    }
  }

  void StoreLow(int row, int width) {
    if constexpr (sizeof(T) != sizeof(float)) {
      const float* from = space_.stream + row * space_.row;
      T* to = space_.low + row * space_.row;
      for (int i = 0; i < width; i++) to[i] = kernels::RoundToBf16(from[i]);
      if (width % 2 != 0) to[width] = T{};
    }
  }

  void Begin(const float* x, int channels, const TokenInputs* turns) {
    ForRows([&](int row) {
      std::copy_n(x + std::int64_t{row} * channels, channels, space_.stream + row * space_.row);
      StoreLow(row, channels);
      for (int i = 0; turns != nullptr && i < turns->turning; i++) {
        const std::int64_t at = std::int64_t{row} * turns->turning + i;
        const float angle = static_cast<float>(row) * turns->frequencies[i];
        space_.cos[at] = std::cos(angle);
        space_.sin[at] = i % 2 == 0 ? -std::sin(angle) : std::sin(angle);
      }
    });
  }

  // `then` follows the layer.
  void Layer(const TokenLayer& layer, const TokenInputs& in, int width, const Then& then) {
    switch (layer.kind) {
      case Kind::kLinear:
        return Linear(layer, in, width, then);
      case Kind::kSilu:
        return Silu(width);
      case Kind::kResidual:
        return Residual(layer, in, then);
      case Kind::kAttention:
        return Attention(layer, in, then);
    }
  }

  // The first product of layer i, whose input has `channels`.
  Then FirstOf(std::size_t i, int channels) const {
    if (i >= plan_.layers.size() || plan_.layers[i].kind == Kind::kSilu) return {};
    const bool attends = plan_.layers[i].kind == Kind::kAttention;
    const int width = plan_.layers[i].width;
    return {inputs_[i].weights, channels, attends ? 3 * width : width, attends ? 2 : 1,
            attends ? GroupsOf(width) : 0};
  }

  // The number of groups of heads if each group fills whole panels, or 0.
  int GroupsOf(int width) const {
    const int common = std::lcm(width / plan_.heads, kernels::kTokenPanel);
    return common > 0 && width % common == 0 ? width / common : 0;
  }

  // The panel of an item of a product. With `groups`, a group's queries, keys and values are consecutive
  // items: the member that computes them is likely to take its heads too.
  static int PanelOf(int item, int panels, int groups) {
    if (groups == 0) return item;
    const int each = panels / (3 * groups), group = item / (3 * each), part = item / each % 3;
    return (part * groups + group) * each + item % each;
  }

  void Product(const kernels::LinearCall<T>& call, const Then& then, int groups = 0) {
    const int count = kernels::PanelsOf(call.outputs);
    team_.ForWithNext(count, [&](int item, int next) {
      const T* ahead =
          next < count ? Panel(call.weights, call.channels, PanelOf(next, count, groups)) : FirstPanel(then);
      kernels_.linear(call, PanelOf(item, count, groups), ahead, own_);
    });
  }

  // This member's first panel of the next product.
  const T* FirstPanel(const Then& then) {
    if (then.weights == nullptr) return nullptr;
    const int count = kernels::PanelsOf(then.outputs), item = team_.TakeAhead(then.phases, count);
    if (item >= count) return nullptr;
    return Panel(static_cast<const T*>(then.weights), then.channels, PanelOf(item, count, then.groups));
  }

  static const T* Panel(const T* weights, int channels, int panel) {
    return weights + panel * kernels::TokenPanelSize<T>(channels);
  }

  kernels::LinearCall<T> CallOf(const T* x, int channels, const void* weights, const float* bias, int outputs,
                                float* y) const {
    return {x,          space_.row, static_cast<const T*>(weights),
            bias,       false,      nullptr,
            y,          nullptr,    space_.row,
            space_.row, rows_,      channels,
            outputs};
  }

  void Linear(const TokenLayer& layer, const TokenInputs& in, int width, const Then& then) {
    auto call = CallOf(Operand(), width, in.weights, in.bias, layer.width, space_.hidden);
    call.copy = space_.low == nullptr ? nullptr : space_.normal;
    Product(call, then);
    std::swap(space_.stream, space_.hidden);
    if (space_.low != nullptr) std::swap(space_.low, space_.normal);
  }

  void Silu(int width) {
    ForRows([&](int row) {
      float* x = space_.stream + row * space_.row;
      for (int i = 0; i < width; i++) x[i] = x[i] / (1.0F + std::exp(-x[i]));
      StoreLow(row, width);
    });
  }

  void Normalise(const TokenLayer& layer, const TokenInputs& in, const float* x) {
    kernels::NormaliseCall<T> call{};
    call.x = x;
    call.x_row = call.y_row = space_.row;
    call.gamma = in.gamma;
    call.beta = in.beta;
    call.epsilon = plan_.epsilon;
    if (in.time != nullptr) {
      call.time = in.time + layer.offset;
      call.audio = in.audio + layer.offset;
      call.audio_row = in.audio_row;
      call.prefix = rows_ - static_cast<int>(in.audio_rows);
    }
    call.y = space_.normal;
    call.width = layer.width;
    team_.For(CountRowGroups(rows_), [&](int group) {
      const int first = group * kRowsAtOnce;
      kernels_.normalise(call, first, std::min(rows_, first + kRowsAtOnce));
    });
  }

  void Residual(const TokenLayer& layer, const TokenInputs& in, const Then& then) {
    Product(CallOf(Operand(), layer.width, in.weights, in.bias, layer.width, space_.hidden),
            {in.second, layer.width, layer.width, 2, 0});
    Normalise(layer, in, space_.hidden);
    auto call = CallOf(space_.normal, layer.width, in.second, in.second_bias, layer.width, space_.stream);
    call.silu = true;
    AddTo(call, then);
  }

  // Adds the product to the stream.
  void AddTo(kernels::LinearCall<T>& call, const Then& then) {
    call.residual = space_.stream;
    call.copy = space_.low;
    Product(call, then);
  }

  void Attention(const TokenLayer& layer, const TokenInputs& in, const Then& then) {
    Normalise(layer, in, space_.stream);
    auto qkv = CallOf(space_.normal, layer.width, in.weights, nullptr, 3 * layer.width, space_.qkv);
    qkv.y_row = space_.qkv_row;
    Product(qkv, {in.second, layer.width, layer.width, 2, 0}, GroupsOf(layer.width));
    const kernels::AttendCall<T> call{
        space_.qkv,    space_.qkv_row, space_.cos, space_.sin,  in.distances,
        space_.normal, space_.row,     rows_,      plan_.heads, layer.width / plan_.heads,
        in.turning,    in.far};
    team_.For(plan_.heads, [&](int head) { kernels_.attend(call, head, own_); });
    auto out = CallOf(space_.normal, layer.width, in.second, in.second_bias, layer.width, space_.stream);
    AddTo(out, then);
  }

  const kernels::TokenKernels<T>& kernels_;
  const TokenPlan& plan_;
  const std::vector<TokenInputs>& inputs_;
  TokenSpace<T> space_;
  float* own_;
  int rows_;
  TeamMember& team_;
};

}  // namespace

template <class T>
void RunTokenLayers(const CpuKernels& all, ScratchPool& scratch, const Workers& workers,
                    const TokenPlan& plan, const std::vector<TokenInputs>& inputs, const float* x, int rows,
                    int channels, float* y) {
  const kernels::TokenKernels<T>& tokens = MultiplyingKernels<T>(all).tokens;
  const TokenSizes sizes = SizesOf(plan, inputs, rows, channels);
  TokenSpace<T> space{};
  space.members = TeamSize();  // read once: the number of available cores may change
  const ScratchPool::Loan loan = scratch.Take(CutSpace(space, sizes, nullptr));
  CutSpace(space, sizes, loan.as<char>());
  RunTeam(workers, space.members, space.phases, sizes.phases, [&](TeamMember& team) noexcept {
    TokenMember<T>(tokens, plan, inputs, space, rows, team).Run(x, channels, y);
  });
}

template void RunTokenLayers<float>(const CpuKernels&, ScratchPool&, const Workers&, const TokenPlan&,
                                    const std::vector<TokenInputs>&, const float*, int, int, float*);
template void RunTokenLayers<Bf16>(const CpuKernels&, ScratchPool&, const Workers&, const TokenPlan&,
                                   const std::vector<TokenInputs>&, const float*, int, int, float*);

}  // namespace kdtalker::ops
