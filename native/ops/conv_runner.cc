#include "ops/conv_runner.h"

#include <algorithm>

namespace kdtalker::ops {
namespace {

using kernels::Bf16;
using kernels::ConvCall;
using kernels::ConvPlan;
using kernels::ConvSpace;
using kernels::TileRange;

// Bytes of a panel's matrices, or of a group's transformed inputs, that stay in a core's cache of 1 MB.
// Inputs in float32 may fill the cache, because evicted rows are prefetched: the best of five frames took
// 0.95 of the time.
constexpr std::int64_t kCachedBytes = 640 << 10;
template <class T>
constexpr std::int64_t kGroupBytes = sizeof(T) == 4 ? 1056 << 10 : kCachedBytes;
constexpr int kFewestRows = 28, kMostRows = 112;  // of a group; with fewer, the matrices are read too often
constexpr int kChunkRows = 256;                   // tiles of a product computed together
constexpr int kPanelRows = 64;                    // tiles computed together with a panel's small matrices
constexpr int kTaskRows = 16;                     // tiles of a task of a transform
constexpr int kKernelChannels = 64;               // input channels of a task that transforms kernels
// The gap between products: rows a power of two apart would share one cache set.
constexpr std::int64_t kSkewBytes = 192;

template <class T>
constexpr std::int64_t Skew() {
  return kSkewBytes / static_cast<std::int64_t>(sizeof(T));
}

template <class T>
int GroupRows(const ConvPlan& plan) {
  const std::int64_t row = std::int64_t{ShapeOf(plan.method).products} * plan.channels() * sizeof(T);
  const auto rows = static_cast<int>(std::min<std::int64_t>(kGroupBytes<T> / row, kMostRows));
  return rows / 14 * 14;
}

// Working memory of a group: its transformed inputs, followed by the products of a panel.
template <class T>
struct GroupSpace {
  std::int64_t input_stride, output_stride;
  std::size_t input_bytes, bytes;
};

template <class T>
GroupSpace<T> GroupSpaceOf(const ConvPlan& plan, int rows) {
  const int products = ShapeOf(plan.method).products;
  GroupSpace<T> space{};
  space.input_stride = std::int64_t{rows} * plan.channels() + Skew<T>();
  space.output_stride = std::int64_t{rows} * plan.panel_width() + Skew<float>();
  space.input_bytes = (products * space.input_stride * sizeof(T) + 63) / 64 * 64;
  space.bytes = space.input_bytes + products * space.output_stride * sizeof(float);
  return space;
}

}  // namespace

template <class T>
ConvRunner<T>::ConvRunner(const kernels::CpuKernels& kernels)
    : kernels_(MultiplyingKernels<T>(kernels).conv), scratch_(ScratchPool::Shared()) {}

template <class T>
void ConvRunner<T>::Run(const Workers& workers, const ConvPlan& plan, const ConvCall<T>& call) const {
  if (!kernels::KeepsTaps(plan.method, sizeof(T)))
    return RunWith(workers, plan, call, static_cast<const T*>(call.weights));
  if (plan.depth * plan.tiles() <= kChunkRows) return RunByPanels(workers, plan, call);
  const ScratchPool::Loan matrices = scratch_->Take(plan.matrices() * sizeof(T));
  TransformKernels(workers, plan, static_cast<const float*>(call.weights), matrices.as<T>());
  RunWith(workers, plan, call, matrices.as<T>());
}

template <class T>
void ConvRunner<T>::TransformKernels(const Workers& workers, const ConvPlan& plan, const float* taps,
                                     T* matrices) const {
  const int pieces = Quotient(plan.channels(), kKernelChannels);
  workers.For(std::int64_t{plan.panels} * plan.kernel_depth * pieces, [&](std::int64_t task) noexcept {
    const int first = static_cast<int>(task % pieces) * kKernelChannels;
    const auto slice = static_cast<int>(task / pieces);
    kernels_.transform_kernels(plan, taps,
                               {slice / plan.kernel_depth, slice % plan.kernel_depth, first,
                                std::min(kKernelChannels, plan.channels() - first)},
                               matrices + slice / plan.kernel_depth * (plan.matrices() / plan.panels));
  });
}

template <class T>
void ConvRunner<T>::RunWith(const Workers& workers, const ConvPlan& plan, const ConvCall<T>& call,
                            const T* matrices) const {
  const int rows = GroupRows<T>(plan);
  if (plan.kernel_depth == 1 && rows >= kFewestRows) {
    RunByGroups(workers, plan, call, matrices, rows);
  } else {
    RunByProducts(workers, plan, call, matrices);
  }
}

// Each task computes its tiles from inputs to outputs, in its own memory.
template <class T>
void ConvRunner<T>::RunByGroups(const Workers& workers, const ConvPlan& plan, const ConvCall<T>& call,
                                const T* matrices, int rows) const {
  const int groups = Quotient(plan.tiles(), rows);
  const GroupSpace<T> room = GroupSpaceOf<T>(plan, rows);
  workers.For(std::int64_t{plan.depth} * groups, [&](std::int64_t task) {
    const int group = static_cast<int>(task % groups);
    const int first = static_cast<int>(std::int64_t{plan.tiles()} * group / groups);
    const int end = static_cast<int>(std::int64_t{plan.tiles()} * (group + 1) / groups);
    const ScratchPool::Loan loan = scratch_->Take(room.bytes);
    const ConvSpace<T> space{loan.as<T>(), room.input_stride,
                             reinterpret_cast<float*>(loan.as<char>() + room.input_bytes), room.output_stride,
                             plan.panel_width()};
    RunGroup(plan, call, matrices, {static_cast<int>(task / groups), first, end - first, 0}, space);
  });
}

template <class T>
void ConvRunner<T>::RunGroup(const ConvPlan& plan, const ConvCall<T>& call, const T* matrices,
                             TileRange range, const ConvSpace<T>& space) const {
  const int products = ShapeOf(plan.method).products;
  kernels_.transform_in(plan, call, range, space);
  for (int panel = 0; panel < plan.panels; panel++) {
    for (int i = 0; i < products; i++) {
      kernels_.product(plan, space.inputs + i * space.input_stride,
                       matrices + (std::int64_t{panel} * products + i) * plan.product_weights(), range.count,
                       false, space.outputs + i * space.output_stride, space.output_row);
    }
    kernels_.transform_out(plan, call, range, panel, space);
  }
}

// Some tiles of some slices. Transformed slices stay in a ring of `slots`, because three output slices read
// each of them.
template <class T>
struct ConvRunner<T>::Chunk {
  const ConvPlan& plan;
  const ConvCall<T>& call;
  int first_tile, tiles;        // of each slice
  int first_slice, last_slice;  // outputs
  int slots;
  ConvSpace<T> space;

  int RowOf(int slice) const { return slice % slots * tiles; }
};

template <class T>
void ConvRunner<T>::RunByProducts(const Workers& workers, const ConvPlan& plan, const ConvCall<T>& call,
                                  const T* matrices) const {
  const int products = ShapeOf(plan.method).products, reach = plan.kernel_depth / 2;
  const int ranges = Quotient(plan.tiles(), kChunkRows), tiles = Quotient(plan.tiles(), ranges);
  const int slices = std::clamp(kChunkRows / tiles, 1, plan.depth);
  const int slots = std::min(slices + 2 * reach, plan.depth);
  const std::int64_t input_stride = std::int64_t{slots} * tiles * plan.channels() + Skew<T>();
  const int output_row = plan.panels * plan.panel_width();
  const std::int64_t output_stride = std::int64_t{slices} * tiles * output_row + Skew<float>();
  const ScratchPool::Loan inputs = scratch_->Take(products * input_stride * sizeof(T));
  const ScratchPool::Loan outputs = scratch_->Take(products * output_stride * sizeof(float));
  const ConvSpace<T> space{inputs.as<T>(), input_stride, outputs.as<float>(), output_stride, output_row};
  for (int first = 0; first < plan.tiles(); first += tiles)
    RunSlices(workers, {plan, call, first, std::min(tiles, plan.tiles() - first), 0, 0, slots, space}, slices,
              matrices);
}

// Computes all slices of a chunk's tiles, some at a time. Each slice is transformed once, before the first
// outputs that need it.
template <class T>
void ConvRunner<T>::RunSlices(const Workers& workers, Chunk chunk, int slices, const T* matrices) const {
  const ConvPlan& plan = chunk.plan;
  for (int first = 0, known = 0; first < plan.depth; first += slices) {
    chunk.first_slice = first;
    chunk.last_slice = std::min(first + slices, plan.depth);
    const int next = std::min(chunk.last_slice + plan.kernel_depth / 2, plan.depth);
    TransformInputs(workers, chunk, known, next);
    known = next;
    Products(workers, chunk, matrices);
    TransformOutputs(workers, chunk);
  }
}

// Transforms slices first .. last - 1.
template <class T>
void ConvRunner<T>::TransformInputs(const Workers& workers, const Chunk& chunk, int first, int last) const {
  const int pieces = Quotient(chunk.tiles, kTaskRows);
  workers.For(std::int64_t{last - first} * pieces, [&](std::int64_t task) noexcept {
    const int slice = first + static_cast<int>(task / pieces);
    const int at = static_cast<int>(task % pieces) * kTaskRows;
    kernels_.transform_in(
        chunk.plan, chunk.call,
        {slice, chunk.first_tile + at, std::min(kTaskRows, chunk.tiles - at), chunk.RowOf(slice) + at},
        chunk.space);
  });
}

template <class T>
void ConvRunner<T>::TransformOutputs(const Workers& workers, const Chunk& chunk) const {
  const int pieces = Quotient(chunk.tiles, kTaskRows);
  workers.For(std::int64_t{chunk.last_slice - chunk.first_slice} * pieces, [&](std::int64_t task) noexcept {
    const int slice = static_cast<int>(task / pieces), at = static_cast<int>(task % pieces) * kTaskRows;
    const TileRange tile{chunk.first_slice + slice, chunk.first_tile + at,
                         std::min(kTaskRows, chunk.tiles - at), slice * chunk.tiles + at};
    for (int panel = 0; panel < chunk.plan.panels; panel++) {
      ConvSpace<T> from = chunk.space;
      from.outputs += std::int64_t{panel} * chunk.plan.panel_width();
      kernels_.transform_out(chunk.plan, chunk.call, tile, panel, from);
    }
  });
}

// Each task multiplies by the matrices of one product for some of the panels.
template <class T>
void ConvRunner<T>::Products(const Workers& workers, const Chunk& chunk, const T* matrices) const {
  const ConvPlan& plan = chunk.plan;
  const int products = ShapeOf(plan.method).products;
  const int parts = std::min(plan.panels, Quotient(36, products));
  workers.For(std::int64_t{products} * parts, [&](std::int64_t task) noexcept {
    const auto product = static_cast<int>(task / parts), part = static_cast<int>(task % parts);
    for (int panel = plan.panels * part / parts; panel < plan.panels * (part + 1) / parts; panel++) {
      const std::int64_t matrix = (std::int64_t{panel} * products + product) * plan.product_weights();
      Multiply(chunk, product, matrices + matrix,
               chunk.space.outputs + product * chunk.space.output_stride + panel * plan.panel_width());
    }
  });
}

// Computes one product of one panel. The kernel's middle slice comes first, because every output has it; the
// others are added.
template <class T>
void ConvRunner<T>::Multiply(const Chunk& chunk, int product, const T* weights, float* outputs) const {
  const ConvPlan& plan = chunk.plan;
  const int reach = plan.kernel_depth / 2, row = chunk.space.output_row;
  const T* inputs = chunk.space.inputs + product * chunk.space.input_stride;
  for (int i = 0; i < plan.kernel_depth; i++) {
    const int offset = i == 0 ? 0 : i == 1 ? -1 : 1;
    const T* matrix = weights + std::int64_t{offset + reach} * plan.channels() * plan.panel_width();
    for (int slice = chunk.first_slice; slice < chunk.last_slice;) {
      const int from = slice + offset;
      if (from < 0 || from >= plan.depth) {
        slice++;
        continue;
      }
      // The number of slices that are contiguous in the ring.
      int run = 1;
      while (slice + run < chunk.last_slice && from + run < plan.depth && (from + run) % chunk.slots != 0)
        run++;
      kernels_.product(plan, inputs + std::int64_t{chunk.RowOf(from)} * plan.channels(), matrix,
                       run * chunk.tiles, i != 0,
                       outputs + std::int64_t{slice - chunk.first_slice} * chunk.tiles * row, row);
      slice += run;
    }
  }
}

// Each task computes all tiles of a panel. It first transforms the panel's matrices; they stay in its cache.
template <class T>
void ConvRunner<T>::RunByPanels(const Workers& workers, const ConvPlan& plan, const ConvCall<T>& call) const {
  const int pieces = Quotient(plan.tiles(), kTaskRows), rows = plan.depth * plan.tiles();
  const std::int64_t input_stride = std::int64_t{rows} * plan.channels() + Skew<T>();
  const ScratchPool::Loan inputs = scratch_->Take(ShapeOf(plan.method).products * input_stride * sizeof(T));
  const ConvSpace<T> space{inputs.as<T>(), input_stride, nullptr, 0, 0};
  workers.For(std::int64_t{plan.depth} * pieces, [&](std::int64_t task) noexcept {
    const auto slice = static_cast<int>(task / pieces), at = static_cast<int>(task % pieces) * kTaskRows;
    kernels_.transform_in(
        plan, call, {slice, at, std::min(kTaskRows, plan.tiles() - at), slice * plan.tiles() + at}, space);
  });
  workers.For(plan.panels, [&](std::int64_t panel) {
    RunPanel(plan, call, space.inputs, input_stride, static_cast<int>(panel));
  });
}

// If the matrices are small, a few tiles are computed at a time: their products stay in the cache too.
template <class T>
void ConvRunner<T>::RunPanel(const ConvPlan& plan, const ConvCall<T>& call, T* inputs,
                             std::int64_t input_stride, int panel) const {
  const int products = ShapeOf(plan.method).products;
  const std::size_t bytes = plan.matrices() / plan.panels * sizeof(T);
  const ScratchPool::Loan matrices = scratch_->Take(bytes);
  for (int slice = 0; slice < plan.kernel_depth; slice++)
    kernels_.transform_kernels(plan, static_cast<const float*>(call.weights),
                               {panel, slice, 0, plan.channels()}, matrices.as<T>());
  const int step =
      plan.depth == 1 && bytes <= kCachedBytes ? std::min(kPanelRows, plan.tiles()) : plan.tiles();
  const std::int64_t output_stride = std::int64_t{plan.depth} * step * plan.panel_width() + Skew<float>();
  const ScratchPool::Loan outputs = scratch_->Take(products * output_stride * sizeof(float));
  for (int first = 0; first < plan.tiles(); first += step) {
    const ConvSpace<T> space{inputs + std::int64_t{first} * plan.channels(), input_stride,
                             outputs.as<float>(), output_stride, plan.panel_width()};
    const int tiles = std::min(step, plan.tiles() - first);
    const Chunk chunk{plan, call, first, tiles, 0, plan.depth, plan.depth, space};
    for (int product = 0; product < products; product++)
      Multiply(chunk, product, matrices.as<T>() + product * plan.product_weights(),
               space.outputs + product * output_stride);
    for (int slice = 0; slice < plan.depth; slice++)
      kernels_.transform_out(plan, call, {slice, first, tiles, slice * tiles}, panel, space);
  }
}

template class ConvRunner<float>;
template class ConvRunner<Bf16>;

}  // namespace kdtalker::ops
