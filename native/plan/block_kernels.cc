#include "plan/block_kernels.h"

#include <string>

namespace kdtalker::plan {
namespace {

using namespace kernels::plan;

// Lengths of a GPU's grid, and more than any network has.
constexpr std::int64_t kMostLength = 65535;
constexpr std::int64_t kMostSlices = 7;

// A product of lengths that a buffer can have.
std::int64_t Bounded(const Fields& in, std::initializer_list<std::int64_t> lengths) {
  std::int64_t product = 1;
  for (const std::int64_t length : lengths) {
    if (length > kMostElements / product) in.Fail("fewer elements", std::to_string(length));
    product *= length;
  }
  return product;
}

// Of channels in blocks.
std::int64_t BlockedCount(const Fields& in, const Places& places) {
  const auto& of = places.lengths;
  return Bounded(in, {(of[0] + kLanes - 1) / kLanes, of[1], of[2], of[3], kLanes});
}

PackedWeights PackedOf(Fields& in) {
  PackedWeights packed{};
  packed.in_blocks = in.Integer(1, kMostLength);
  packed.slices = in.Integer(1, kMostSlices);
  packed.side = in.Integer(1, kMostSlices);
  packed.groups = in.Integer(1, kMostSlices * kLanes);
  if (packed.slices % 2 == 0 || !HasForm(packed.side, packed.groups))
    in.Fail("a form of convolution", std::to_string(packed.side) + ", " + std::to_string(packed.groups));
  return packed;
}

}  // namespace

Kernel CopyHalvesOf(Fields& in) {
  CopyHalves k{};
  k.places = in.Axes(0, kRank);
  k.out = in.WriteHalves({{k.places, k.out_strides}});
  k.in = in.ReadHalves({{k.places, k.in_strides}});
  return k;
}

Kernel ToBlocksOf(Fields& in) {
  ToBlocks k{};
  k.places = in.Axes(4, 4);
  k.out = in.WriteHalfRow(BlockedCount(in, k.places));
  k.in = in.Read({{k.places, k.in_strides}});
  return k;
}

Kernel FromBlocksOf(Fields& in) {
  FromBlocks k{};
  k.places = in.Axes(4, 4);
  k.out = in.Write({{k.places, k.out_strides}});
  k.in = in.ReadHalfRow(BlockedCount(in, k.places));
  return k;
}

Kernel BlockConvolutionOf(Fields& in) {
  BlockConvolution k{};
  k.out_blocks = in.Integer(1, kMostLength);
  k.product.packed = PackedOf(in);
  for (auto* length : {&k.product.depth, &k.product.height, &k.product.width})
    *length = in.Integer(1, kMostLength);
  const bool added = in.Integer(0, 1) == 1;
  const std::int64_t cells = Bounded(in, {k.product.depth, k.product.height, k.product.width, kLanes});
  const std::int64_t count = Bounded(in, {cells, k.out_blocks});
  k.alpha = static_cast<float>(in.Float());
  k.out = in.WriteHalfRow(count);
  k.product.in = in.ReadHalfRow(Bounded(in, {cells, k.product.packed.in_blocks}));
  k.product.weights = in.ReadHalfRow(k.product.packed.Count(k.out_blocks));
  k.bias = in.ReadWideRow(kLanes * k.out_blocks);
  if (added) k.residual = in.ReadHalfRow(count);
  return k;
}

Kernel BlockPoolOf(Fields& in) {
  BlockPool k{};
  for (auto* length : {&k.planes, &k.height, &k.width}) *length = in.Integer(1, kMostElements);
  const std::int64_t count = Bounded(in, {k.planes, k.height, k.width, kLanes});
  k.out = in.WriteHalfRow(count);
  k.in = in.ReadHalfRow(Bounded(in, {count, 4}));
  return k;
}

}  // namespace kdtalker::plan
