#include "plan/block_kernels.h"

#include <string>

namespace kdtalker::plan {
namespace {

using namespace kernels::plan;

// Lengths of a GPU's grid, and more than any network has.
constexpr std::int64_t kMostLength = 65535;
constexpr std::int64_t kMostSlices = 7, kMostFactor = 4;

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

// What a convolution adds up, without its buffers.
BlockProduct ProductOf(Fields& in) {
  BlockProduct product{};
  PackedWeights& packed = product.packed;
  packed.in_blocks = in.Integer(1, kMostLength);
  packed.slices = in.Integer(1, kMostSlices);
  packed.side = in.Integer(1, kMostSlices);
  packed.groups = in.Integer(1, kMostSlices * kLanes);
  if (packed.slices % 2 == 0 || !HasForm(packed.side, packed.groups))
    in.Fail("a form of convolution", std::to_string(packed.side) + ", " + std::to_string(packed.groups));
  for (auto* length : {&product.depth, &product.height, &product.width}) *length = in.Integer(1, kMostLength);
  Bounded(in, {product.cells(), kLanes});
  return product;
}

void ExpectForm(const Fields& in, const PackedWeights& packed, bool fits) {
  if (!fits)
    in.Fail("another form of convolution",
            std::to_string(packed.side) + ", " + std::to_string(packed.groups));
}

// Sizes of a volume, whose halves the caller reads.
Volume VolumeOf(Fields& in) {
  Volume volume{};
  for (auto* length : {&volume.depth, &volume.height, &volume.width})
    *length = static_cast<int>(in.Integer(1, kMostLength));
  Bounded(in, {volume.depth, volume.height, volume.width, kLanes});
  return volume;
}

Points PointsOf(Fields& in) {
  const float* source = in.ReadRow(3 * kernels::kKeypoints);
  return {source, in.ReadRow(3 * kernels::kKeypoints)};
}

// How much fewer cells are written than computed.
constexpr std::int64_t kWhole = 1, kMeans = 4;

void ExpectEven(const Fields& in, std::int64_t height, std::int64_t width) {
  if (height % 2 != 0 || width % 2 != 0)
    in.Fail("even lengths", std::to_string(height) + ", " + std::to_string(width));
}

void TakeConvolution(Fields& in, BlockConvolution& k, std::int64_t fewer = kWhole) {
  k.out_blocks = in.Integer(1, kMostLength);
  k.product = ProductOf(in);
  ExpectForm(in, k.product.packed, k.product.packed.side != 2);
  const bool added = in.Integer(0, 1) == 1;
  const std::int64_t cells = k.product.cells() * kLanes, count = Bounded(in, {cells, k.out_blocks});
  k.alpha = static_cast<float>(in.Float());
  k.after = static_cast<float>(in.Float());
  k.out = in.WriteHalfRow(count / fewer);
  k.product.in = in.ReadHalfRow(Bounded(in, {cells, k.product.packed.in_blocks}));
  k.product.weights = in.ReadHalfRow(k.product.packed.Count(k.out_blocks));
  k.bias = in.ReadWideRow(kLanes * k.out_blocks);
  if (added) k.residual = in.ReadHalfRow(count);
}

void TakeSumsEnd(Fields& in, BlockSumsEnd& k, std::int64_t fewer = kWhole) {
  k.parts = in.Integer(1, kMostLength);
  k.factor = in.Integer(1, kMostFactor);
  for (auto* length : {&k.out_blocks, &k.depth, &k.height, &k.width}) *length = in.Integer(1, kMostLength);
  const std::int64_t count =
      Bounded(in, {k.out_blocks, k.depth, k.height, k.width, kLanes, k.factor, k.factor});
  k.alpha = static_cast<float>(in.Float());
  k.out = in.WriteHalfRow(count / fewer);
  k.sums = in.ReadWideRow(Bounded(in, {count, k.parts}));
  k.bias = in.ReadWideRow(kLanes * k.out_blocks);
}

}  // namespace

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
  TakeConvolution(in, k);
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

Kernel BlockUpConvolutionOf(Fields& in) {
  BlockUpConvolution k{};
  k.out_blocks = in.Integer(1, kMostLength / (kMostFactor * kMostFactor));
  k.product = ProductOf(in);
  ExpectForm(in, k.product.packed, k.product.packed.side == 2);
  k.factor = in.Integer(1, kMostFactor);
  const std::int64_t cells = k.product.cells() * kLanes, places = k.factor * k.factor;
  k.alpha = static_cast<float>(in.Float());
  k.out = in.WriteHalfRow(Bounded(in, {cells, k.out_blocks, places}));
  k.product.in = in.ReadHalfRow(Bounded(in, {cells, k.product.packed.in_blocks}));
  k.product.weights = in.ReadHalfRow(k.product.packed.Count(k.out_blocks) * places);
  k.bias = in.ReadWideRow(kLanes * k.out_blocks);
  return k;
}

Kernel BlockStatisticsOf(Fields& in) {
  BlockStatistics k{};
  k.blocks = in.Integer(1, kMostLength);
  k.cells = in.Integer(1, kMostElements);
  k.epsilon = static_cast<float>(in.Float());
  const std::int64_t count = Bounded(in, {k.blocks, k.cells, kLanes});
  k.out = in.WriteWideRow(2 * kLanes * k.blocks);
  k.in = in.ReadHalfRow(count);
  return k;
}

Kernel BlockSpadeOf(Fields& in) {
  BlockSpade k{};
  k.blocks = in.Integer(1, kMostLength / 2);
  k.product = ProductOf(in);
  const PackedWeights& packed = k.product.packed;
  ExpectForm(in, packed, packed.side == 3 && packed.groups == kSpadeGroups && k.product.depth == 1);
  k.factor = in.Integer(1, kMostFactor);
  k.shifted = in.Integer(0, 1);
  if (k.product.height % k.factor != 0 || k.product.width % k.factor != 0)
    in.Fail("whole cells", std::to_string(k.factor));
  const std::int64_t cells = k.product.cells() * kLanes, outputs = (k.shifted + 1) * k.blocks;
  const std::int64_t count = Bounded(in, {cells, k.blocks});
  k.alpha = static_cast<float>(in.Float());
  k.out = in.WriteHalfRow(count);
  k.product.in = in.ReadHalfRow(Bounded(in, {cells, packed.in_blocks}));
  k.product.weights = in.ReadHalfRow(packed.Count(outputs));
  k.bias = in.ReadWideRow(kLanes * outputs);
  k.x = in.ReadHalfRow(count / (k.factor * k.factor));
  k.statistics = in.ReadWideRow(2 * kLanes * k.blocks);
  return k;
}

Kernel BlockPictureOf(Fields& in) {
  BlockPicture k{};
  k.channels = in.Integer(1, kLanes / 4);
  for (auto* length : {&k.height, &k.width}) *length = in.Integer(1, kMostLength);
  const std::int64_t count = Bounded(in, {k.height, k.width, kLanes});
  k.out = in.WriteWideRow(count / 4 * k.channels);
  k.in = in.ReadHalfRow(count);
  return k;
}

Kernel BlockMotionInputOf(Fields& in) {
  BlockMotionInput k{};
  k.volume = VolumeOf(in);
  const std::int64_t cells = k.volume.cells();
  k.out = in.WriteHalfRow(Bounded(in, {cells, BlockMotionInput::kBlocks, kLanes}));
  k.volume.halves = in.ReadHalfRow(Bounded(in, {cells, kLanes}));
  k.points = PointsOf(in);
  return k;
}

Kernel BlockMaskMotionOf(Fields& in) {
  BlockMaskMotion k{};
  k.product = ProductOf(in);
  const PackedWeights& packed = k.product.packed;
  ExpectForm(in, packed, packed.side == 7 && packed.groups == 2);
  const std::int64_t cells = k.product.cells();
  k.out = in.WriteWideRow(Bounded(in, {cells, 3}));
  k.product.in = in.ReadHalfRow(Bounded(in, {cells, kLanes, packed.in_blocks}));
  k.product.weights = in.ReadHalfRow(packed.Count(2));
  k.bias = in.ReadWideRow(2 * kLanes);
  k.points = PointsOf(in);
  return k;
}

Kernel BlockSampleOf(Fields& in) {
  BlockSample k{};
  k.volume = VolumeOf(in);
  for (auto* length : {&k.blocks, &k.out_blocks, &k.depth, &k.height, &k.width})
    *length = in.Integer(1, kMostLength);
  const std::int64_t sampled = Bounded(in, {k.blocks, kLanes, k.depth});
  if (sampled > kMostSampled || k.out_blocks * kLanes > sampled)
    in.Fail("fewer channels", std::to_string(sampled));
  const std::int64_t cells = Bounded(in, {k.height, k.width});
  k.out = in.WriteHalfRow(Bounded(in, {cells, k.out_blocks, kLanes}));
  k.volume.halves = in.ReadHalfRow(Bounded(in, {k.volume.cells(), k.blocks, kLanes}));
  k.places = in.ReadRow(Bounded(in, {cells, k.depth, 3}));
  return k;
}

Kernel BlockMaskedOf(Fields& in) {
  BlockMasked k{};
  k.blocks = in.Integer(1, kMostLength);
  k.cells = in.Integer(1, kMostElements);
  const std::int64_t count = Bounded(in, {k.blocks, k.cells, kLanes});
  k.out = in.WriteHalfRow(count);
  k.in = in.ReadHalfRow(count);
  k.mask = in.ReadRow(k.cells);
  return k;
}

Kernel BlockSumsOf(Fields& in) {
  BlockSums k{};
  k.out_blocks = in.Integer(1, kMostLength / (kMostFactor * kMostFactor));
  k.product = ProductOf(in);
  const PackedWeights& packed = k.product.packed;
  if (!HasFlatForm(packed.side, packed.groups) ||
      FlatSlices(packed.side, k.product.height, k.product.width) < 1)
    in.Fail("a form of convolution over slices", std::to_string(packed.side));
  k.factor = in.Integer(1, packed.side == 2 ? kMostFactor : 1);
  k.parts = in.Integer(1, packed.in_blocks * packed.slices);
  const std::int64_t cells = k.product.cells() * kLanes, places = k.factor * k.factor;
  k.out = in.WriteWideRow(Bounded(in, {cells, k.out_blocks, places, k.parts}));
  k.product.in = in.ReadHalfRow(Bounded(in, {cells, packed.in_blocks}));
  k.product.weights = in.ReadHalfRow(Bounded(in, {packed.Count(k.out_blocks), places}));
  return k;
}

Kernel BlockSumsEndOf(Fields& in) {
  BlockSumsEnd k{};
  TakeSumsEnd(in, k);
  return k;
}

Kernel BlockOcclusionOf(Fields& in) {
  BlockOcclusion k{};
  k.parts = in.Integer(1, kMostLength);
  k.side = in.Integer(1, kMostSlices);
  for (auto* length : {&k.height, &k.width}) *length = in.Integer(1, kMostLength);
  const std::int64_t cells = Bounded(in, {k.height, k.width});
  k.out = in.WriteWideRow(cells);
  k.sums = in.ReadWideRow(Bounded(in, {cells, k.blocks(), kLanes, k.parts}));
  k.bias = in.ReadRow(1);
  return k;
}

Kernel BlockNineOf(Fields& in) {
  BlockNine k{};
  k.out_blocks = in.Integer(1, kMostLength);
  k.factor = in.Integer(1, kMostFactor);
  for (auto* length : {&k.height, &k.width}) *length = in.Integer(1, kMostLength);
  const std::int64_t cells = Bounded(in, {k.height, k.width, k.out_blocks, kLanes});
  k.alpha = static_cast<float>(in.Float());
  k.out = in.WriteHalfRow(Bounded(in, {cells, k.factor, k.factor}));
  k.in = in.ReadHalfRow(Bounded(in, {cells, 9}));
  k.bias = in.ReadWideRow(kLanes * k.out_blocks);
  return k;
}

Kernel BlockMeasuredConvolutionOf(Fields& in) {
  BlockMeasuredConvolution k{};
  TakeConvolution(in, k);
  const PackedWeights& packed = k.product.packed;
  ExpectForm(in, packed, HasMeasuredForm(packed.side, packed.groups) && k.product.depth == 1);
  k.moments = in.WriteWideRow(Bounded(in, {k.out_blocks, k.parts().count(), kMoments}));
  return k;
}

Kernel BlockStatisticsEndOf(Fields& in) {
  BlockStatisticsEnd k{};
  k.blocks = in.Integer(1, kMostLength);
  for (auto* length : {&k.parts.height, &k.parts.width}) *length = in.Integer(1, kMostLength);
  k.parts.rows = in.Integer(1, kLanes);
  k.epsilon = static_cast<float>(in.Float());
  k.out = in.WriteWideRow(2 * kLanes * k.blocks);
  k.moments = in.ReadWideRow(Bounded(in, {k.blocks, k.parts.count(), kMoments}));
  return k;
}

Kernel BlockPooledConvolutionOf(Fields& in) {
  BlockPooledConvolution k{};
  TakeConvolution(in, k, kMeans);
  const PackedWeights& packed = k.product.packed;
  ExpectForm(in, packed, HasPooledForm(packed.side, packed.groups) && k.residual == nullptr);
  ExpectEven(in, k.product.height, k.product.width);
  return k;
}

Kernel BlockPooledSumsEndOf(Fields& in) {
  BlockPooledSumsEnd k{};
  TakeSumsEnd(in, k, kMeans);
  ExpectEven(in, k.height, k.width);
  if (k.factor != 1) in.Fail("cells that are not repeated", std::to_string(k.factor));
  return k;
}

}  // namespace kdtalker::plan
