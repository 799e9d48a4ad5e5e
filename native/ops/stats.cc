#include "ops/stats.h"

#include "core/tensor.h"

namespace kdtalker::ops {

template <class T>
Dims Stats<T>::InferShape(Shapes& shapes) {
  const Dims x = DimsOf(shapes, 0);
  return x.empty() ? Dims{} : Dims{x[0], 2, 16};
}

template <class T>
void Stats<T>::Compute(const Ort::KernelContext& context) {
  const Dims dims = InputDims(context, 0);
  Expect(dims.size() >= 3 && dims.back() == 16 && ElementCount(dims) > 0, kName, "a blocked tensor");
  const std::int64_t cells = ElementCount(dims) / (dims[0] * 16);
  const T* x = Input<T>(context, 0);
  float* y = Output<float>(context, {dims[0], 2, 16});
  const auto& table = kernels::BestCpuKernels();
  Workers(context).For(dims[0], [&](std::int64_t block) noexcept {
    if constexpr (sizeof(T) == 4) {
      table.statistics(x, y, cells, epsilon_, block);
    } else {
      table.statistics_bf16(x, y, cells, epsilon_, block);
    }
  });
}

template class Stats<float>;
template class Stats<kernels::Bf16>;

}  // namespace kdtalker::ops
