// A renderer by itself, on a device where a frame is made only when somebody waits for it.
#include "engine/renderer.h"

#include <doctest/doctest.h>

#include <memory>
#include <vector>

#include "support/late_device.h"
#include "support/stage.h"

using namespace stage;

namespace {

[[noreturn]] void ThrowPlanned() {
  throw Error("NATIVE", "as the test wants");
}

// A clip of one frame whose motion is there.
struct Motionless {
  Motionless(Stream& stream, const std::shared_ptr<Portrait>& shown)
      : portrait(shown), timeline(stream, shown, options, 1) {
    timeline.UploadMotion(stream, std::vector<float>(70, 0.0F));
    stream.Synchronise();
  }

  void Begin(Renderer& renderer) {
    LaneRenderer::Item item{
        0, {&timeline, 0, PixelFormat::kRgb, &options, &stop, portrait, portrait->id()}, &watch};
    renderer.Begin({&item, 1});
  }

  std::shared_ptr<Portrait> portrait;
  RunOptions options;
  Timeline timeline;
  StopToken stop;
  LaneRenderer::Watch watch;
};

}  // namespace

TEST_SUITE_BEGIN("threads");

TEST_CASE("a renderer renders another frame after one that nobody wants, unless it failed") {
  if (!puppet::Built()) return;
  const auto device = std::make_shared<LateDevice>();
  const Stage puppet(device);
  const auto stream = device->MakeStream(Priority::kNormal);
  Motionless clip(*stream, puppet.portrait);
  Renderer renderer(*puppet.talker);
  Stream& own = device->newest();
  CHECK_FALSE(renderer.Abandon(0));  // not begun
  for (int i = 0; i < 2; i++) {
    clip.Begin(renderer);
    CHECK(renderer.Abandon(0));
  }
  own.OnHost([] { ThrowPlanned(); });
  clip.Begin(renderer);
  CHECK_FALSE(renderer.Abandon(0));
}

TEST_SUITE_END();
