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

// Where the range is behind a picture of so many bytes.
std::size_t PlaceBehind(std::size_t shown) {
  return (shown + alignof(Range) - 1) / alignof(Range) * alignof(Range);
}

}  // namespace

FrameGuard::FrameGuard(const std::shared_ptr<Device>& device, std::int64_t values)
    : many_(MakeRanges(device, PartsOf(values))), few_(MakeRanges(device, PartsOf(PartsOf(values)))) {}

const Tensor& FrameGuard::Follow(Stream& stream, const Tensor& picture, const Tensor& image) {
  const std::size_t place = PlaceBehind(picture.bytes()), bytes = place + sizeof(Range);
  if (!sent_ || sent_.bytes() != bytes)
    sent_ = Tensor(stream.shared_device(), Type::kUint8, {static_cast<std::int64_t>(bytes)});
  const std::int64_t values = image.count(), many = PartsOf(values), few = PartsOf(many);
  auto* const whole = static_cast<Range*>(static_cast<void*>(sent_.u8() + place));
  stream.Launch(kernels::RangesOfValues{{image.f32(), RangesIn(many_), values, many}});
  stream.Launch(kernels::RangesOfRanges{{RangesIn(many_), RangesIn(few_), many, few}});
  stream.Launch(kernels::RangesOfRanges{{RangesIn(few_), whole, few, 1}});
  stream.Copy(sent_.address(), picture.address(), picture.bytes());
  return sent_;
}

bool FrameGuard::Holds(const std::byte* sent, std::size_t shown, bool first) {
  Range range;
  std::memcpy(&range, sent + PlaceBehind(shown), sizeof(range));
  return range.broken == 0 && (!first || range.most - range.least >= kLevel);
}

}  // namespace kdtalker
