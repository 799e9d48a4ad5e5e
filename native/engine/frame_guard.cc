#include "engine/frame_guard.h"

#include <cstring>

#include "kernels/range.h"

namespace kdtalker {
namespace {

using kernels::Range;

// Values, or ranges, that one range is made of: the cube root of the values of a picture of 512 x 512.
constexpr std::int64_t kEach = 96;
constexpr float kLevel = 1.0F / 255.0F;

std::int64_t PartsOf(std::int64_t size) {
  return (size + kEach - 1) / kEach;
}

Tensor MakeRanges(const std::shared_ptr<Device>& device, std::int64_t count) {
  return Tensor(device, Type::kUint8, {count * static_cast<std::int64_t>(sizeof(Range))});
}

Range* RangesIn(const Tensor& tensor) {
  return static_cast<Range*>(tensor.address());
}

}  // namespace

FrameGuard::FrameGuard(const std::shared_ptr<Device>& device, std::int64_t values)
    : many_(MakeRanges(device, PartsOf(values))), few_(MakeRanges(device, PartsOf(PartsOf(values)))) {}

void FrameGuard::Watch(Stream& stream, const Tensor& picture, std::size_t shown, const Tensor& image) const {
  const std::int64_t values = image.count(), many = PartsOf(values), few = PartsOf(many);
  auto* const whole = static_cast<Range*>(static_cast<void*>(picture.u8() + kernels::RangeBehind(shown)));
  stream.Launch(kernels::RangesOfValues{{image.f32(), RangesIn(many_), values, many}});
  stream.Launch(kernels::RangesOfRanges{{RangesIn(many_), RangesIn(few_), many, few}});
  stream.Launch(kernels::RangesOfRanges{{RangesIn(few_), whole, few, 1}});
}

bool FrameGuard::Holds(const std::byte* sent, std::size_t shown, bool first) {
  Range range;
  std::memcpy(&range, sent + kernels::RangeBehind(shown), sizeof(range));
  return range.broken == 0 && (!first || range.most - range.least >= kLevel);
}

}  // namespace kdtalker
