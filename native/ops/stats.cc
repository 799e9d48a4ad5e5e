#include "ops/stats.h"

#include "core/tensor.h"

namespace kdtalker::ops {

template <class T>
Dims Stats<T>::InferShape(Shapes& shapes) {
  const Dims x = shapes.DimsOf(0);
  return x.empty() ? Dims{} : Dims{x[0], 2, kernels::kBlock};
}

template <class T>
void Stats<T>::Compute(const Ort::KernelContext& context) {
  const Dims dims = InputDims(context, 0);
  Expect(dims.size() >= 3 && dims.back() == kernels::kBlock && ElementCount(dims) > 0, kName,
         "a blocked tensor");
  const std::int64_t cells = ElementCount(dims) / (dims[0] * kernels::kBlock);
  const T* x = Input<T>(context, 0);
  float* y = Output<float>(context, {dims[0], 2, kernels::kBlock});
  const auto& table = kernels::BestCpuKernels();
  Workers(context).For(
      dims[0], [&](std::int64_t block) noexcept { table.Of<T>().statistics(x, y, cells, epsilon_, block); });
}

template class Stats<float>;
template class Stats<kernels::Bf16>;

}  // namespace kdtalker::ops
