// Every functor that is launched on a device, once: its place is its number, by which a launch names it to
// libkdtalker_cuda.so, where a table of kernels is made from the same list. A functor that is not listed
// cannot be launched.
#pragma once

#include <cstdint>

#define KDT_FUNCTORS(X) \
  X(SetTimestep)        \
  X(FillNormal)         \
  X(DdimStep)           \
  X(Denormalise)        \
  X(Normalise)          \
  X(CanonicalToken)     \
  X(PackMotion)         \
  X(SmoothMotion)       \
  X(EditMotion)         \
  X(TakeRegion)         \
  X(RestLips)           \
  X(RotationMatrix)     \
  X(SourceKeypoints)    \
  X(AbsoluteKeypoints)  \
  X(RelativeKeypoints)  \
  X(PlaceKeypoints)     \
  X(PlaceRatios)        \
  X(MoveKeypoints)      \
  X(GatherWindows)      \
  X(FrameLoudness)      \
  X(SilenceGate)        \
  X(RgbToPicture)       \
  X(ShrinkPicture)      \
  X(PictureToRgb)       \
  X(PictureToI420)      \
  X(RgbToI420)          \
  X(WarpMask)           \
  X(PasteCrop)

namespace kdtalker::kernels {

#define KDT_DECLARE(Name) struct Name;
KDT_FUNCTORS(KDT_DECLARE)
#undef KDT_DECLARE

enum class Number : int {
#define KDT_NUMBER(Name) k##Name,
  KDT_FUNCTORS(KDT_NUMBER)
#undef KDT_NUMBER
      kCount
};

// A hash of the names in their order. Engine and library compare theirs, because one of them may be older.
constexpr std::uint64_t ListHash() {
  std::uint64_t hash = 14695981039346656037U;
#define KDT_TEXT(Name) #Name " "
  for (const char* at = KDT_FUNCTORS(KDT_TEXT); *at != 0; at++)
    hash = (hash ^ static_cast<unsigned char>(*at)) * 1099511628211U;
#undef KDT_TEXT
  return hash;
}

}  // namespace kdtalker::kernels
