#include "plan/kernel.h"

#include <array>
#include <cstddef>
#include <string>

#include "plan/block_kernels.h"
#include "plan/fields.h"

namespace kdtalker::plan {
namespace {

using namespace kernels::plan;

// Lengths, strides and pads of windows; products of three stay far from overflow.
constexpr std::int64_t kMostWindow = 1 << 16;

// The order in which each of these takes its numbers is the order in which the file of the same name in
// lib/packs/lowering/plan/ops writes them.

template <class Copied, auto write, auto read>
Kernel CopiedOf(Fields& in) {
  Copied k{};
  k.places = in.Axes(0, kRank);
  k.out = (in.*write)({{k.places, k.out_strides}});
  k.in = (in.*read)({{k.places, k.in_strides}});
  return k;
}

Kernel FillOf(Fields& in) {
  Fill k{};
  k.places = in.Axes(0, kRank);
  k.out = in.Write({{k.places, k.out_strides}});
  k.value = in.Float();
  return k;
}

Kernel ToFloatOf(Fields& in) {
  ToFloat k{};
  k.places = in.Axes(0, kRank);
  k.out = in.Write({{k.places, k.out_strides}});
  k.in = in.ReadIntegers({{k.places, k.in_strides}});
  return k;
}

Step StepOf(Fields& in, std::int64_t operands) {
  Step step{};
  step.code = in.CodeOf<StepCode>();
  step.operand = in.Integer(-1, operands - 1);
  step.swapped = in.Integer(0, 1);
  step.first = in.Float();
  step.second = in.Float();
  return step;
}

Kernel MapOf(Fields& in) {
  Map k{};
  k.places = in.Axes(0, kRank);
  k.out = in.Write({{k.places, k.out_strides}});
  const std::int64_t operands = in.Integer(1, kOperands);
  for (std::int64_t i = 0; i < operands; i++) k.operands[i] = in.Read({{k.places, k.operand_strides[i]}});
  k.steps = in.Integer(0, kSteps);
  for (std::int64_t i = 0; i < k.steps; i++) k.step[i] = StepOf(in, operands);
  return k;
}

Kernel ReduceOf(Fields& in) {
  Reduce k{};
  k.code = in.CodeOf<ReduceCode>();
  k.kept = in.Axes(0, kRank);
  k.reduced = in.Axes(0, kRank);
  k.out = in.Write({{k.kept, k.out_strides}});
  k.in = in.Read({{k.kept, k.in_strides}, {k.reduced, k.along}});
  return k;
}

Kernel SoftmaxOf(Fields& in) {
  Softmax k{};
  k.rows = in.Axes(0, kRank);
  const Places row = in.Axes(1, 1);
  Strides out{}, from{};
  k.out = in.Write({{k.rows, k.out_strides}, {row, out}});
  k.in = in.Read({{k.rows, k.in_strides}, {row, from}});
  k.length = row.lengths[0];
  k.out_along = out.of[0];
  k.in_along = from.of[0];
  return k;
}

Kernel NormaliseRowsOf(Fields& in) {
  NormaliseRows k{};
  k.rows = in.Axes(0, kRank);
  k.row = in.Axes(0, kRank);
  k.out = in.Write({{k.rows, k.out_strides}, {k.row, k.out_along}});
  k.in = in.Read({{k.rows, k.in_strides}, {k.row, k.in_along}});
  k.scale = in.Read({{k.rows, k.scale_strides}, {k.row, k.scale_along}});
  k.shift = in.Read({{k.rows, k.shift_strides}, {k.row, k.shift_along}});
  k.epsilon = in.Float();
  return k;
}

Kernel ProductOf(Fields& in) {
  Product k{};
  k.places = in.Axes(0, kRank);
  const Places along = in.Axes(1, 1);
  Strides left{}, right{};
  k.out = in.Write({{k.places, k.out_strides}});
  k.left = in.Read({{k.places, k.left_strides}, {along, left}});
  k.right = in.Read({{k.places, k.right_strides}, {along, right}});
  k.length = along.lengths[0];
  k.left_along = left.of[0];
  k.right_along = right.of[0];
  return k;
}

Window WindowOf(Fields& in) {
  Window window{};
  for (auto& length : window.input) length = in.Integer(1, kMostWindow);
  for (auto& length : window.kernel) length = in.Integer(1, kMostWindow);
  for (auto& step : window.stride) step = in.Integer(1, kMostWindow);
  for (auto& before : window.pad) before = in.Integer(0, kMostWindow);
  for (auto& step : window.dilation) step = in.Integer(1, kMostWindow);
  return window;
}

// A product of lengths; one that no buffer has is refused.
std::int64_t Bounded(const Fields& in, std::initializer_list<std::int64_t> lengths) {
  std::int64_t product = 1;
  for (const std::int64_t length : lengths) {
    if (length > kMostElements / product) in.Fail("fewer elements", std::to_string(length));
    product *= length;
  }
  return product;
}

// The places of a tensor with windows [batch, channels, depth, height, width], which a buffer can have.
Places InputOf(const Fields& in, std::int64_t batch, std::int64_t channels,
               const std::int64_t (&lengths)[kAxes]) {
  Bounded(in, {batch, channels, lengths[0], lengths[1], lengths[2]});
  return {5, {batch, channels, lengths[0], lengths[1], lengths[2]}};
}

Kernel ConvolutionOf(Fields& in) {
  Convolution k{};
  k.places = in.Axes(5, 5);
  k.window = WindowOf(in);
  const std::int64_t outputs = k.places.lengths[1];
  k.group_inputs = in.Integer(1, kMostElements);
  k.group_outputs = in.Integer(1, outputs);
  if (outputs % k.group_outputs != 0) in.Fail("groups of the same size", std::to_string(k.group_outputs));
  const std::int64_t channels = Bounded(in, {outputs / k.group_outputs, k.group_inputs});
  const Places input = InputOf(in, k.places.lengths[0], channels, k.window.input);
  const auto& [depth, height, width] = k.window.kernel;
  const bool biased = in.Integer(0, 1) == 1;
  k.out = in.Write({{k.places, k.out_strides}});
  k.in = in.Read({{input, k.in_strides}});
  k.weights = in.ReadRow(Bounded(in, {outputs, k.group_inputs, depth, height, width}));
  if (biased) k.bias = in.ReadRow(outputs);
  return k;
}

Kernel PoolOf(Fields& in) {
  Pool k{};
  k.code = in.CodeOf<PoolCode>();
  k.places = in.Axes(5, 5);
  k.window = WindowOf(in);
  const Places input = InputOf(in, k.places.lengths[0], k.places.lengths[1], k.window.input);
  k.out = in.Write({{k.places, k.out_strides}});
  k.in = in.Read({{input, k.in_strides}});
  return k;
}

Kernel ResizeOf(Fields& in) {
  Resize k{};
  k.places = in.Axes(5, 5);
  for (auto& length : k.input) length = in.Integer(1, kMostWindow);
  const Places input = InputOf(in, k.places.lengths[0], k.places.lengths[1], k.input);
  k.out = in.Write({{k.places, k.out_strides}});
  k.in = in.Read({{input, k.in_strides}});
  const std::int64_t lines = k.places.lengths[2] + k.places.lengths[3] + k.places.lengths[4];
  k.between = in.ReadIntegerRow(2 * lines);
  k.weights = in.ReadRow(lines);
  return k;
}

Kernel SampleOf(Fields& in) {
  Sample k{};
  k.places = in.Axes(4, 4);
  const Places channels = in.Axes(1, 1);
  for (auto& length : k.input) length = in.Integer(1, kMostWindow);
  k.axes = in.Integer(2, kAxes);
  k.corners = in.Integer(0, 1);
  k.nearest = in.Integer(0, 1);
  k.bordered = in.Integer(0, 1);
  const Places input{4, {k.places.lengths[0], k.input[0], k.input[1], k.input[2]}}, axes{1, {k.axes}};
  Bounded(in, {input.lengths[0], input.lengths[1], input.lengths[2], input.lengths[3], channels.lengths[0]});
  Strides out{}, from{}, coordinate{};
  k.out = in.Write({{k.places, k.out_strides}, {channels, out}});
  k.in = in.Read({{input, k.in_strides}, {channels, from}});
  k.positions = in.Read({{k.places, k.position_strides}, {axes, coordinate}});
  k.channels = channels.lengths[0];
  k.out_channel = out.of[0];
  k.in_channel = from.of[0];
  k.coordinate = coordinate.of[0];
  return k;
}

Kernel GatherOf(Fields& in) {
  Gather k{};
  k.places = in.Axes(0, kRank);
  const Places taken = in.Axes(1, 1);
  Strides along{};
  k.out = in.Write({{k.places, k.out_strides}});
  k.in = in.Read({{k.places, k.in_strides}, {taken, along}});
  k.indices = in.ReadIntegers({{k.places, k.index_strides}});
  k.length = taken.lengths[0];
  k.along = along.of[0];
  return k;
}

// A matrix of each head: its first element, as `access` takes it, and its strides.
template <auto access, class Float>
void TakeMatrix(Fields& in, const Places& heads, const Places& rows, const Places& along,
                Attention::Matrix<Float>& matrix) {
  Strides row{}, step{};
  matrix.first = (in.*access)({{heads, matrix.heads}, {rows, row}, {along, step}});
  matrix.row = row.of[0];
  matrix.along = step.of[0];
}

Kernel AttentionOf(Fields& in) {
  Attention k{};
  k.heads = in.Axes(0, kRank);
  const Places rows = in.Axes(1, 1), keys = in.Axes(1, 1), length = in.Axes(1, 1), size = in.Axes(1, 1);
  const bool biased = in.Integer(0, 1) == 1;
  k.rows = rows.lengths[0];
  k.keys = keys.lengths[0];
  k.length = length.lengths[0];
  k.size = size.lengths[0];
  if (k.keys > Attention::kMostKeys) in.Fail("fewer keys", std::to_string(k.keys));
  if (k.length > Attention::kMostLength || k.size > Attention::kMostLength)
    in.Fail("shorter rows", std::to_string(k.length) + ", " + std::to_string(k.size));
  TakeMatrix<&Fields::Write>(in, k.heads, rows, size, k.out);
  TakeMatrix<&Fields::Read>(in, k.heads, rows, length, k.query);
  TakeMatrix<&Fields::Read>(in, k.heads, keys, length, k.key);
  TakeMatrix<&Fields::Read>(in, k.heads, keys, size, k.value);
  if (biased) TakeMatrix<&Fields::Read>(in, k.heads, rows, keys, k.bias);
  return k;
}

// In the order of Kernel.
constexpr std::array<Kernel (*)(Fields&), std::variant_size_v<Kernel>> kDecoders = {
    CopiedOf<Copy, &Fields::Write, &Fields::Read>,
    FillOf,
    ToFloatOf,
    MapOf,
    ReduceOf,
    SoftmaxOf,
    NormaliseRowsOf,
    ProductOf,
    ConvolutionOf,
    PoolOf,
    ResizeOf,
    SampleOf,
    GatherOf,
    CopiedOf<CopyHalves, &Fields::WriteHalves, &Fields::ReadHalves>,
    ToBlocksOf,
    FromBlocksOf,
    BlockConvolutionOf,
    BlockPoolOf,
    BlockUpConvolutionOf,
    BlockStatisticsOf,
    BlockSpadeOf,
    BlockPictureOf,
    BlockMotionInputOf,
    BlockMaskMotionOf,
    BlockSampleOf,
    BlockMaskedOf,
    BlockSumsOf,
    BlockSumsEndOf,
    BlockOcclusionOf,
    BlockNineOf,
    BlockMeasuredConvolutionOf,
    BlockStatisticsEndOf,
    BlockPooledConvolutionOf,
    BlockPooledSumsEndOf,
    AttentionOf};

}  // namespace

Kernel KernelOf(const Tables& tables, const Operation& operation, const std::vector<void*>& addresses) {
  Fields in(tables, operation, addresses);
  const auto kind = static_cast<std::size_t>(operation.kind);
  if (kind >= kDecoders.size()) in.Fail("a kind that this engine has", std::to_string(operation.kind));
  Kernel kernel = kDecoders[kind](in);
  in.End();
  return kernel;
}

}  // namespace kdtalker::plan
