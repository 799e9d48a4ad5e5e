#include "ops/cells_first.h"

#include <algorithm>

namespace kdtalker::ops {
namespace {

constexpr std::int64_t kPiece = 4096;  // cells

Dims CellsFirstDims(const Dims& dims) {
  return {dims[2], dims[3], dims[4], dims[1]};
}

}  // namespace

void PutCellsFirst(const Workers& workers, const float* x, float* y, std::int64_t channels,
                   std::int64_t cells) {
  const auto& table = kernels::BestCpuKernels().warp_float;
  workers.For((cells + kPiece - 1) / kPiece, [&](std::int64_t piece) noexcept {
    table.cells_first(x, y, channels, cells, piece * kPiece, std::min(cells, (piece + 1) * kPiece));
  });
}

Dims CellsFirst::InferShape(Shapes& shapes) {
  const Dims x = shapes.DimsOf(0);
  return x.size() != 5 ? Dims{} : CellsFirstDims(x);
}

void CellsFirst::Compute(const Ort::KernelContext& context) {
  const Workers workers(context);
  const Dims dims = InputDims(context, 0);
  Expect(dims.size() == 5 && dims[0] == 1, kName, "[1, channels, depth, height, width]");
  PutCellsFirst(workers, Input<float>(context, 0), Output<float>(context, CellsFirstDims(dims)), dims[1],
                dims[2] * dims[3] * dims[4]);
}

}  // namespace kdtalker::ops
