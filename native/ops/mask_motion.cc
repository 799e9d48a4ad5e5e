#include "ops/mask_motion.h"

#include <algorithm>
#include <atomic>
#include <thread>

#include "kernels/cpu/mask_shape.h"
#include "kernels/cpu/mask_weights.h"
#include "ops/warp.h"

namespace kdtalker::ops {
namespace {

namespace mask = kernels::mask;

// Working memory of a run, 66 MB and 0.7 MB a thread. A slice's outputs overwrite its inputs.
struct Space {
  float* slices;
  float* lines[2];    // the current and the next slice's
  float* outputs[2];  // the current and the previous slice's
  float* own;         // kSpaceSize for each thread
};

std::size_t SpaceBytes(std::int64_t threads) {
  const std::int64_t shared = mask::kSlicesSize + 2 * mask::kLinesSize + 2 * mask::kOutLinesSize;
  return sizeof(float) * static_cast<std::size_t>(shared + threads * mask::kSpaceSize);
}

Space SpaceIn(float* memory) {
  float* lines = memory + mask::kSlicesSize;
  float* outputs = lines + 2 * mask::kLinesSize;
  return {memory,
          {lines, lines + mask::kLinesSize},
          {outputs, outputs + mask::kOutLinesSize},
          outputs + 2 * mask::kOutLinesSize};
}

// The largest useful number; in a session with fewer threads, the extra tasks find no work.
std::int64_t Threads() {
  return std::clamp<std::int64_t>(std::thread::hardware_concurrency(), 1, mask::kLinePieces);
}

// The concurrent work of a slice, the next one and the previous one; threads wait for each other once a
// slice. Free threads take the pieces, the largest first.
class SlicePass {
 public:
  SlicePass(const Space& space, const float* weights, std::int64_t slice)
      : space_(space), weights_(weights), slice_(slice) {}

  void Run(const Workers& workers, std::int64_t threads) {
    workers.For(threads, [this](std::int64_t thread) noexcept {
      float* own = space_.own + thread * mask::kSpaceSize;
      for (std::int64_t piece = next_++; piece < lines_ + columns_ + cells_; piece = next_++) Do(piece, own);
    });
  }

 private:
  void Do(std::int64_t piece, float* own) const {
    const auto& table = kernels::BestCpuKernels().warp_float;
    const std::int64_t here = slice_ & 1, other = 1 - here;
    if (piece < lines_) {
      table.mask_line(space_.lines[here], weights_ + slice_ * mask::kWeightsSize, space_.outputs[here], own,
                      piece);
    } else if (piece < lines_ + columns_) {
      table.mask_columns(space_.slices + (slice_ + 1) * mask::kSlice, space_.lines[other], piece - lines_);
    } else {
      table.mask_cells(space_.outputs[other], space_.slices + (slice_ - 1) * mask::kSlice,
                       piece - lines_ - columns_);
    }
  }

  const Space& space_;
  const float* weights_;
  std::int64_t slice_;  // -1 to mask::kSlices, both included
  std::int64_t lines_ = slice_ >= 0 && slice_ < mask::kSlices ? mask::kLinePieces : 0;
  std::int64_t columns_ = slice_ + 1 < mask::kSlices ? mask::kColumnPieces : 0;
  std::int64_t cells_ = slice_ > 0 ? mask::kCellPieces : 0;
  std::atomic<std::int64_t> next_{0};
};

}  // namespace

template <class T>
MaskMotion<T>::MaskMotion(const Ort::ConstKernelInfo& info) {
  Expect(info.GetAttribute<std::int64_t>("in_channels") == mask::kInputs, kName, "142 input channels");
}

template <class T>
Dims MaskMotion<T>::InferShape(Shapes&) {
  return DeformationDims();
}

template <class T>
void MaskMotion<T>::Compute(const Ort::KernelContext& context) {
  const Workers workers(context);
  Expect(InputDims(context, 0) == BlockedVolume(mask::kBlocks), kName, "[9, 16, 64, 64, 16]");
  Expect(InputDims(context, 1) == Dims{static_cast<std::int64_t>(kernels::MaskWeightsBytes())} &&
             InputDims(context, 2) == Dims{kernels::kCandidates},
         kName, "laid out weights and 22 biases");
  Expect(InputDims(context, 3) == KeypointDims() && InputDims(context, 4) == KeypointDims(), kName,
         "twice [1, 21, 3]");
  const std::int64_t threads = Threads();
  const auto memory = scratch_->Take(SpaceBytes(threads));
  const Space space = SpaceIn(memory.template as<float>());
  const T* x = Input<T>(context, 0);
  workers.For(mask::kDepthPieces,
              [&](std::int64_t piece) noexcept { WarpKernelsOf<T>().mask_depth(x, space.slices, piece); });
  const auto* weights = reinterpret_cast<const float*>(Input<std::uint8_t>(context, 1));
  for (std::int64_t slice = -1; slice <= mask::kSlices; slice++)
    SlicePass(space, weights, slice).Run(workers, threads);
  const float *bias = Input<float>(context, 2), *source = Input<float>(context, 3),
              *driving = Input<float>(context, 4);
  float* deformation = Output<float>(context, DeformationDims());
  workers.For(kernels::kVolumeSide, [&](std::int64_t piece) noexcept {
    kernels::BestCpuKernels().warp_float.mask_motion(space.slices, bias, source, driving, deformation, piece);
  });
}

template class MaskMotion<float>;
template class MaskMotion<kernels::Bf16>;

}  // namespace kdtalker::ops
