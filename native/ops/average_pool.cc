#include "ops/average_pool.h"

#include "core/tensor.h"
#include "ops/warp.h"

namespace kdtalker::ops {
namespace {

Dims Halved(Dims dims) {
  const std::size_t rank = dims.size();
  dims[rank - 3] /= 2;
  dims[rank - 2] /= 2;
  return dims;
}

}  // namespace

template <class T>
Dims AveragePool<T>::InferShape(Shapes& shapes) {
  const Dims x = shapes.DimsOf(0);
  return x.size() < 4 ? Dims{} : Halved(x);
}

template <class T>
void AveragePool<T>::Compute(const Ort::KernelContext& context) {
  const Workers workers(context);
  const Dims dims = InputDims(context, 0);
  Expect(dims.size() >= 4 && dims.back() == kernels::kBlock, kName, "a blocked tensor");
  const Dims halved = Halved(dims);
  const T* x = Input<T>(context, 0);
  T* y = Output<T>(context, halved);
  const std::int64_t height = dims[dims.size() - 3], width = dims[dims.size() - 2];
  const std::int64_t row = halved[halved.size() - 2] * kernels::kBlock;
  if (row == 0) return;
  workers.For(ElementCount(halved) / row, [&](std::int64_t piece) noexcept {
    WarpKernelsOf<T>().average_pool(x, y, height, width, piece);
  });
}

template class AveragePool<float>;
template class AveragePool<kernels::Bf16>;

}  // namespace kdtalker::ops
