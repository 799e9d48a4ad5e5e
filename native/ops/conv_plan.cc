#include "ops/conv_plan.h"

#include "kernels/cpu/conv_layout.h"

namespace kdtalker::ops {

using kernels::ConvPlan;
using kernels::Method;

ConvPlan MakePlan(Method method, const Dims& x, int out_channels, int kernel_depth, bool spade) {
  const bool volume = x.size() == 5;
  const kernels::MethodShape shape = ShapeOf(method);
  ConvPlan plan{};
  plan.method = method;
  plan.in_blocks = static_cast<int>(x[0]);
  plan.out_blocks = kernels::OutBlocks(spade ? 2 * out_channels : out_channels, spade);
  plan.depth = volume ? static_cast<int>(x[1]) : 1;
  plan.height = static_cast<int>(x[x.size() - 3]);
  plan.width = static_cast<int>(x[x.size() - 2]);
  plan.kernel_depth = kernel_depth;
  const int step = method == Method::kWinograd2 || method == Method::kWinograd4 ? shape.tile : 1;
  plan.tiles_y = Quotient(plan.height, step);
  plan.tiles_x = Quotient(plan.width, step);
  plan.panel_blocks = kernels::PanelBlocks(plan.out_blocks);
  plan.panels = Quotient(plan.out_blocks, plan.panel_blocks);
  plan.spade = spade;
  return plan;
}

template <class T>
std::int64_t WeightBytes(const ConvPlan& plan) {
  if (!kernels::KeepsTaps(plan.method, sizeof(T)))
    return plan.matrices() * static_cast<std::int64_t>(sizeof(T));
  return std::int64_t{plan.panels} * plan.product_weights() * kernels::kTaps *
         static_cast<std::int64_t>(sizeof(float));
}

template std::int64_t WeightBytes<float>(const ConvPlan&);
template std::int64_t WeightBytes<kernels::Bf16>(const ConvPlan&);

}  // namespace kdtalker::ops
