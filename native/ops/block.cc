#include "ops/block.h"

#include "core/tensor.h"

namespace kdtalker::ops {
namespace {

using kernels::Bf16;

template <class T>
const kernels::BlockKernels<T>& Kernels() {
  return kernels::BestCpuKernels().Of<T>().block;
}

// The number of work pieces for this number of cells and blocks.
std::int64_t Pieces(std::int64_t blocks, std::int64_t cells) {
  const std::int64_t piece = kernels::BestCpuKernels().piece_cells;
  return blocks * ((cells + piece - 1) / piece);
}

Dims BlockedDims(const Dims& plain) {
  Dims dims(plain.begin() + 1, plain.end());
  dims[0] = kernels::BlocksOf(dims[0]);
  dims.push_back(kernels::kBlock);
  return dims;
}

Dims PlainDims(const Dims& blocked, std::int64_t channels) {
  Dims dims{1, channels};
  dims.insert(dims.end(), blocked.begin() + 1, blocked.end() - 1);
  return dims;
}

std::int64_t Cells(const Dims& blocked) {
  return ElementCount(blocked) / (blocked.front() * kernels::kBlock);
}

}  // namespace

template <class T>
Dims Block<T>::InferShape(Shapes& shapes) {
  const Dims dims = shapes.DimsOf(0);
  return dims.size() < 3 ? Dims{} : BlockedDims(dims);
}

template <class T>
void Block<T>::Compute(const Ort::KernelContext& context) {
  const Dims dims = InputDims(context, 0);
  Expect(dims.size() >= 3 && dims[0] == 1 && ElementCount(dims) > 0, kName, "[1, channels, ...]");
  const Dims blocked = BlockedDims(dims);
  const float* x = Input<float>(context, 0);
  T* y = Output<T>(context, blocked);
  const std::int64_t channels = dims[1], cells = Cells(blocked);
  Workers(context).For(Pieces(blocked[0], cells), [&](std::int64_t piece) noexcept {
    Kernels<T>().block(x, y, channels, cells, piece);
  });
}

template <class T>
Dims Unblock<T>::InferShape(Shapes& shapes) {
  const Dims dims = shapes.DimsOf(0);
  return dims.size() < 3 ? Dims{} : PlainDims(dims, shapes.Attribute("channels"));
}

template <class T>
void Unblock<T>::Compute(const Ort::KernelContext& context) {
  const Dims dims = InputDims(context, 0);
  Expect(dims.size() >= 3 && dims.back() == kernels::kBlock && kernels::BlocksOf(channels_) == dims[0] &&
             ElementCount(dims) > 0,
         kName, "a blocked tensor of its channels");
  const T* x = Input<T>(context, 0);
  float* y = Output<float>(context, PlainDims(dims, channels_));
  const std::int64_t cells = Cells(dims);
  Workers(context).For(Pieces(dims[0], cells), [&](std::int64_t piece) noexcept {
    Kernels<T>().unblock(x, y, channels_, cells, piece);
  });
}

template class Block<float>;
template class Block<Bf16>;
template class Unblock<float>;
template class Unblock<Bf16>;

}  // namespace kdtalker::ops
