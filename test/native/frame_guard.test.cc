#include "engine/frame_guard.h"

#include <doctest/doctest.h>

#include <cmath>
#include <cstdint>
#include <vector>

#include "core/device.h"
#include "kernels/convert.h"
#include "kernels/range.h"
#include "stages/paste.h"

namespace {

using namespace kdtalker;
using stages::MakePicture;

// An odd number of bytes, behind which a range does not follow at once.
constexpr std::int64_t kWidth = 7, kHeight = 5, kShown = 3 * kWidth * kHeight;

// A frame as it is sent, with its range behind it: one copy to the host.
std::vector<std::byte> Sent(const char* name, const std::vector<float>& values) {
  const auto device = OpenDevice(name);
  const auto stream = device->MakeStream();
  const Tensor image(device, Type::kFloat32, {1, 3, kHeight, kWidth});
  image.UploadNow(*stream, values.data(), Crossing::kPicture);
  const Tensor picture = MakePicture(device, kShown, true);
  const FrameGuard guard(device, image.count());
  stream->Launch(kernels::PictureToRgb{image.f32(), picture.u8(), kWidth, kHeight});
  guard.Watch(*stream, picture, kShown, image);
  std::vector<std::byte> sent(picture.bytes());
  picture.DownloadNow(*stream, sent.data(), Crossing::kFrame);
  return sent;
}

std::vector<float> Ramp() {
  std::vector<float> values;
  for (std::int64_t i = 0; i < kShown; i++) values.push_back((static_cast<float>(i) + 0.25F) / 255.0F);
  return values;
}

TEST_CASE("a frame's range follows its bytes, which stay what they are") {
  for (const char* device : {"cpu", "guarded", "cuda:0"}) {
    CAPTURE(device);
    const std::vector<std::byte> sent = Sent(device, Ramp());
    REQUIRE(sent.size() == kernels::BytesWithRange(kShown));
    CHECK(kernels::RangeBehind(kShown) == kShown + 3);
    for (std::int64_t i = 0; i < kShown; i++) {
      const std::int64_t pixel = i / 3, channel = i % 3;
      REQUIRE(static_cast<int>(sent[static_cast<std::size_t>(i)]) == channel * kWidth * kHeight + pixel);
    }
    CHECK(FrameGuard::Holds(sent.data(), kShown, true));
  }
}

TEST_CASE("a frame that is broken anywhere does not hold, a flat one only if it is the first") {
  std::vector<float> flat(kShown, 0.5F), broken = Ramp();
  broken.back() = NAN;
  for (const char* device : {"cpu", "guarded", "cuda:0"}) {
    CAPTURE(device);
    const std::vector<std::byte> same = Sent(device, flat);
    CHECK_FALSE(FrameGuard::Holds(same.data(), kShown, true));
    CHECK(FrameGuard::Holds(same.data(), kShown, false));
    CHECK_FALSE(FrameGuard::Holds(Sent(device, broken).data(), kShown, false));
  }
}

TEST_CASE("without a range a picture has its own bytes") {
  CHECK(MakePicture(MakeCpuDevice(), kShown, false).bytes() == kShown);
}

}  // namespace
