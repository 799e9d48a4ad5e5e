#include "ops/conv.h"

#include <algorithm>

#include "core/tensor.h"

namespace kdtalker::ops {
namespace {

using kernels::Bf16;
using kernels::ConvCall;
using kernels::ConvPlan;
using kernels::Method;

int IntOf(const Ort::ConstKernelInfo& info, const char* name) {
  return static_cast<int>(info.GetAttribute<std::int64_t>(name));
}

int KernelDepth(const std::vector<std::int64_t>& kernel) {
  return kernel.size() == 3 ? static_cast<int>(kernel[0]) : 1;
}

Dims ResultDims(Dims x, std::int64_t channels, std::int64_t factor) {
  if (x.size() < 4) return {};
  x[0] = kernels::BlocksOf(channels);
  x[x.size() - 3] *= factor;
  x[x.size() - 2] *= factor;
  return x;
}

// The slope below zero that stands for an activation.
float AlphaOf(const Ort::ConstKernelInfo& info) {
  const auto activation = info.GetAttribute<std::string>("activation");
  if (activation == "none") return 1;
  if (activation == "relu") return 0;
  Expect(activation == "leaky", "Conv", "none, relu or leaky as the activation");
  return info.GetAttribute<float>("alpha");
}

// All operators check this before a kernel reads through a pointer.
void CheckBlocked(const Dims& x, const char* op) {
  Expect((x.size() == 4 || x.size() == 5) && x.back() == kernels::kBlock && ElementCount(x) > 0, op,
         "a blocked tensor");
}

template <class T>
void CheckWeights(const Ort::KernelContext& context, const ConvPlan& plan, const char* op) {
  Expect(ElementCount(InputDims(context, 1)) == WeightBytes<T>(plan), op, "laid out weights of its size");
  Expect(ElementCount(InputDims(context, 2)) >= std::int64_t{kernels::kBlock} * plan.out_blocks, op,
         "a bias for every output");
}

template <class T>
ConvCall<T> CallOf(const Ort::KernelContext& context, float alpha) {
  ConvCall<T> call{};
  call.x = Input<T>(context, 0);
  call.weights = Input<std::uint8_t>(context, 1);
  call.bias = Input<float>(context, 2);
  call.alpha = alpha;
  call.repeat = 1;
  return call;
}

}  // namespace

Method MethodOf(const std::string& algorithm, const std::vector<std::int64_t>& kernel) {
  const auto all = [&kernel](std::int64_t length) {
    return std::all_of(kernel.begin(), kernel.end(), [length](std::int64_t axis) { return axis == length; });
  };
  if (algorithm == "direct" && all(1)) return Method::kPointwise;
  if (algorithm == "winograd2" && all(3)) return Method::kWinograd2;
  if (algorithm == "winograd4" && all(3)) return Method::kWinograd4;
  throw Error("PACK_INVALID",
              "Expected direct with a kernel of 1, or winograd2 or winograd4 with one of 3, but received " +
                  algorithm + " with " + DimsToText(kernel));
}

template <class T>
Conv<T>::Conv(const Ort::ConstKernelInfo& info)
    : channels_(IntOf(info, "channels")),
      kernel_depth_(KernelDepth(info.GetAttributes<std::int64_t>("kernel"))),
      method_(
          MethodOf(info.GetAttribute<std::string>("algorithm"), info.GetAttributes<std::int64_t>("kernel"))),
      alpha_(AlphaOf(info)) {}

template <class T>
Dims Conv<T>::InferShape(Shapes& shapes) {
  return ResultDims(shapes.DimsOf(0), shapes.Attribute("channels"), 1);
}

template <class T>
void Conv<T>::Compute(const Ort::KernelContext& context) {
  const Dims x = InputDims(context, 0);
  CheckBlocked(x, kName);
  const ConvPlan plan = MakePlan(method_, x, channels_, kernel_depth_, false);
  CheckWeights<T>(context, plan, kName);
  const Dims result = ResultDims(x, channels_, 1);
  ConvCall<T> call = CallOf<T>(context, alpha_);
  call.residual = OptionalInput<T>(context, 3);
  Expect(call.residual == nullptr || InputDims(context, 3) == result, kName,
         "a residual of the result's shape");
  call.y = Output<T>(context, result);
  runner_.Run(Workers(context), plan, call);
}

template <class T>
UpConv<T>::UpConv(const Ort::ConstKernelInfo& info)
    : channels_(IntOf(info, "channels")),
      kernel_depth_(KernelDepth(info.GetAttributes<std::int64_t>("kernel"))),
      factor_(IntOf(info, "factor")),
      alpha_(AlphaOf(info)) {
  Expect(factor_ == 2 || factor_ == 4, kName, "a factor of 2 or 4");
}

template <class T>
Dims UpConv<T>::InferShape(Shapes& shapes) {
  return ResultDims(shapes.DimsOf(0), shapes.Attribute("channels"), shapes.Attribute("factor"));
}

template <class T>
void UpConv<T>::Compute(const Ort::KernelContext& context) {
  const Dims x = InputDims(context, 0);
  CheckBlocked(x, kName);
  const Method method = factor_ == 2 ? Method::kUpsampled2 : Method::kUpsampled4;
  const ConvPlan plan = MakePlan(method, x, channels_, kernel_depth_, false);
  CheckWeights<T>(context, plan, kName);
  ConvCall<T> call = CallOf<T>(context, alpha_);
  call.y = Output<T>(context, ResultDims(x, channels_, factor_));
  runner_.Run(Workers(context), plan, call);
}

template <class T>
Spade<T>::Spade(const Ort::ConstKernelInfo& info)
    : channels_(IntOf(info, "channels")),
      factor_(IntOf(info, "factor")),
      shift_(IntOf(info, "shift") != 0),
      method_(MethodOf(info.GetAttribute<std::string>("algorithm"), {3, 3})),
      alpha_(info.GetAttribute<float>("alpha")) {}

template <class T>
Dims Spade<T>::InferShape(Shapes& shapes) {
  return ResultDims(shapes.DimsOf(0), shapes.Attribute("channels"), 1);
}

template <class T>
void Spade<T>::Compute(const Ort::KernelContext& context) {
  const Dims a = InputDims(context, 0), x = InputDims(context, 3);
  CheckBlocked(a, kName);
  CheckBlocked(x, kName);
  const ConvPlan plan = MakePlan(method_, a, channels_, 1, shift_);
  CheckWeights<T>(context, plan, kName);
  const Dims result = ResultDims(a, channels_, 1);
  Expect(ResultDims(x, channels_, factor_) == result && a.size() == 4, kName,
         "a picture to normalise of its size");
  Expect(ElementCount(InputDims(context, 4)) == std::int64_t{2 * kernels::kBlock} * result[0], kName,
         "statistics for every channel");
  ConvCall<T> call = CallOf<T>(context, alpha_);
  call.normalised = Input<T>(context, 3);
  call.statistics = Input<float>(context, 4);
  call.repeat = factor_;
  call.y = Output<T>(context, result);
  runner_.Run(Workers(context), plan, call);
}

template class Conv<float>;
template class Conv<Bf16>;
template class UpConv<float>;
template class UpConv<Bf16>;
template class Spade<float>;
template class Spade<Bf16>;

}  // namespace kdtalker::ops
