// Every functor that is launched on a device, once: its place is its number, by which a launch names it to
// libkdtalker_cuda.so, where a table of kernels is made from the same list. A functor that is not listed
// cannot be launched.
#pragma once

#include <cstdint>

// The namespace and the name of each.
#define KDT_FUNCTORS(X)                      \
  X(kernels, SetTimestep)                    \
  X(kernels, FillNormal)                     \
  X(kernels, SetNoiseKey)                    \
  X(kernels, FillStepNormal)                 \
  X(kernels, DdimStep)                       \
  X(kernels, Denormalise)                    \
  X(kernels, Normalise)                      \
  X(kernels, CanonicalToken)                 \
  X(kernels, PackMotion)                     \
  X(kernels, SmoothMotion)                   \
  X(kernels, EditMotion)                     \
  X(kernels, TakeRegion)                     \
  X(kernels, RestLips)                       \
  X(kernels, RotationMatrix)                 \
  X(kernels, SourceKeypoints)                \
  X(kernels, AbsoluteKeypoints)              \
  X(kernels, RelativeKeypoints)              \
  X(kernels, PlaceKeypoints)                 \
  X(kernels, PlaceRatios)                    \
  X(kernels, MoveKeypoints)                  \
  X(kernels, GatherWindows)                  \
  X(kernels, FrameLoudness)                  \
  X(kernels, SilenceGate)                    \
  X(kernels, RunningGate)                    \
  X(kernels, FrameNoise)                     \
  X(kernels, HoldKnown)                      \
  X(kernels, KeepSampled)                    \
  X(kernels, FollowPlan)                     \
  X(kernels, ComeToRest)                     \
  X(kernels, ComeBack)                       \
  X(kernels, GatherRows)                     \
  X(kernels, ScatterRows)                    \
  X(kernels, RgbToPicture)                   \
  X(kernels, ShrinkPicture)                  \
  X(kernels, PictureToRgb)                   \
  X(kernels, PictureToI420)                  \
  X(kernels, RgbToI420)                      \
  X(kernels, WarpMask)                       \
  X(kernels, PasteCrop)                      \
  X(kernels, PhotoTexels)                    \
  X(kernels, FieldCells)                     \
  X(kernels, WarpPhoto)                      \
  X(kernels::plan, Copy)                     \
  X(kernels::plan, Fill)                     \
  X(kernels::plan, ToFloat)                  \
  X(kernels::plan, Map)                      \
  X(kernels::plan, Reduce)                   \
  X(kernels::plan, Softmax)                  \
  X(kernels::plan, NormaliseRows)            \
  X(kernels::plan, Product)                  \
  X(kernels::plan, Convolution)              \
  X(kernels::plan, Pool)                     \
  X(kernels::plan, Resize)                   \
  X(kernels::plan, Sample)                   \
  X(kernels::plan, Gather)                   \
  X(kernels::plan, CopyHalves)               \
  X(kernels::plan, ToBlocks)                 \
  X(kernels::plan, FromBlocks)               \
  X(kernels::plan, BlockConvolution)         \
  X(kernels::plan, BlockPool)                \
  X(kernels::plan, BlockUpConvolution)       \
  X(kernels::plan, BlockStatistics)          \
  X(kernels::plan, BlockSpade)               \
  X(kernels::plan, BlockPicture)             \
  X(kernels::plan, BlockMotionInput)         \
  X(kernels::plan, BlockMaskMotion)          \
  X(kernels::plan, BlockSample)              \
  X(kernels::plan, BlockMasked)              \
  X(kernels::plan, BlockSums)                \
  X(kernels::plan, BlockSumsEnd)             \
  X(kernels::plan, BlockOcclusion)           \
  X(kernels::plan, BlockNine)                \
  X(kernels, RangesOfValues)                 \
  X(kernels, RangesOfRanges)                 \
  X(kernels, PictureToNv12)                  \
  X(kernels, RgbToNv12)                      \
  X(kernels::plan, BlockMeasuredConvolution) \
  X(kernels::plan, BlockStatisticsEnd)       \
  X(kernels::plan, BlockPooledConvolution)   \
  X(kernels::plan, BlockPooledSumsEnd)       \
  X(kernels::plan, Attention)                \
  X(kernels, WarpCrop)

#define KDT_DECLARE(Scope, Name) \
  namespace kdtalker::Scope {    \
  struct Name;                   \
  }
KDT_FUNCTORS(KDT_DECLARE)
#undef KDT_DECLARE

namespace kdtalker {

// Of core/stream.h, which launches by it.
template <class Kernel>
struct KernelNumber;

namespace kernels {

enum class Number : int {
#define KDT_NUMBER(Scope, Name) k##Name,
  KDT_FUNCTORS(KDT_NUMBER)
#undef KDT_NUMBER
      kCount
};

// A hash of the names in their order. Engine and library compare theirs, because one of them may be older.
constexpr std::uint64_t ListHash() {
  std::uint64_t hash = 14695981039346656037U;
#define KDT_TEXT(Scope, Name) #Scope "::" #Name " "
  for (const char* at = KDT_FUNCTORS(KDT_TEXT); *at != 0; at++)
    hash = (hash ^ static_cast<unsigned char>(*at)) * 1099511628211U;
#undef KDT_TEXT
  return hash;
}

}  // namespace kernels

#define KDT_KERNEL_NUMBER(Scope, Name)                                       \
  template <>                                                                \
  struct KernelNumber<Scope::Name> {                                         \
    static constexpr int value = static_cast<int>(kernels::Number::k##Name); \
  };
KDT_FUNCTORS(KDT_KERNEL_NUMBER)
#undef KDT_KERNEL_NUMBER

}  // namespace kdtalker
