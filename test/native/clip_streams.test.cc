// The two streams of a clip: a frame waits for its window on the device, and the reader for the frame.
#include <doctest/doctest.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "engine/frame_tickets.h"
#include "engine/motion_sampler.h"
#include "engine/ready_events.h"
#include "engine/timeline.h"
#include "kernels/keypoints.h"
#include "support/stage.h"

using namespace stage;

namespace {

struct SetKernel {
  std::int64_t* out;
  std::int64_t value;
  std::int64_t count() const { return 1; }
  void operator()(std::int64_t) const { *out = value; }
};

// Sends a number as a picture.
FrameTickets::Ticket Send(Stream& stream, FrameTickets& tickets, const Tensor& picture, std::int64_t value) {
  stream.Launch(SetKernel{picture.i64(), value});
  return tickets.Begin(picture, picture.bytes());
}

std::int64_t Finish(FrameTickets& tickets, FrameTickets::Ticket ticket) {
  std::int64_t value = 0;
  tickets.Finish(ticket, &value);
  return value;
}

constexpr std::int64_t kFrames = 70;  // two windows

// The keypoints of the last frame of a clip of two windows, in a stream of their own.
std::vector<float> LastKeypoints(const Stage& puppet, bool sampled_first) {
  RunOptions options;
  options.steps = 2;
  const auto speech = puppet::Speech(*puppet.talker, kFrames);
  const StopToken stop;
  const auto& device = puppet.talker->device();
  const Tensor keypoints(device, Type::kFloat32, {1, kernels::kKeypoints, 3});
  const auto sampling = device->MakeStream(Priority::kHigh), rendering = device->MakeStream();
  Timeline timeline(*sampling, puppet.portrait, options, kFrames);
  MotionSampler sampler(*sampling, puppet.portrait, speech, options);
  while (timeline.known() < kFrames) sampler.Window(timeline, stop);
  if (sampled_first) sampling->Synchronise();
  timeline.Keypoints(*rendering, kFrames - 1, kFrames, *puppet.portrait, false, keypoints.f32());
  return DownloadFloats(*rendering, keypoints, Crossing::kTrace);
}

}  // namespace

TEST_SUITE_BEGIN("threads");

TEST_CASE("a frame waits on the device for its window, which the host need not do") {
  if (!puppet::Built()) return;
  const auto expected = LastKeypoints(Stage("cpu"), true);
  const Stage guarded("guarded");
  CHECK(LastKeypoints(guarded, true) == expected);
  CHECK(LastKeypoints(guarded, false) == expected);
}

TEST_CASE("a frame waits for its own window, not for later ones, while that is remembered") {
  const auto device = OpenDevice("guarded");
  std::atomic<std::int64_t> reached{0};
  const auto sampling = device->MakeStream(), rendering = device->MakeStream();
  const auto seen = [&] {
    rendering->Synchronise();
    return reached.load();
  };
  ReadyEvents events(*device);
  events.Wait(*rendering, 1);  // nothing was recorded
  for (std::int64_t window = 1; window <= 20; window++) {
    sampling->OnHost([&reached, window] { reached = window; });
    events.Record(*sampling, 10 * window);
  }
  CHECK(seen() == 0);
  events.Wait(*rendering, 3);  // forgotten: the oldest remembered
  CHECK(seen() == 13);
  events.Wait(*rendering, 150);
  CHECK(seen() == 15);
  events.Wait(*rendering, 151);
  CHECK(seen() == 16);
  events.Wait(*rendering, 200);
  CHECK(seen() == 20);
}

TEST_CASE("three pictures are on their way where the device goes on meanwhile, and one where it does not") {
  for (const char* name : {"cpu", "guarded"}) {
    CAPTURE(name);
    const auto device = OpenDevice(name);
    const Tensor picture(device, Type::kInt64, {1});
    const auto stream = device->MakeStream();
    FrameTickets tickets(*stream);
    REQUIRE(tickets.most() == (device->asynchronous() ? 3 : 1));
    if (tickets.most() == 1) {
      for (const std::int64_t value : {5, 6})
        CHECK(Finish(tickets, Send(*stream, tickets, picture, value)) == value);
    } else {
      auto first = Send(*stream, tickets, picture, 1), second = Send(*stream, tickets, picture, 2);
      for (std::int64_t next = 3; next < 10; next++) {
        const auto third = Send(*stream, tickets, picture, next);
        CHECK(Finish(tickets, first) == next - 2);
        first = second;
        second = third;
      }
      CHECK(Finish(tickets, first) == 8);
      CHECK(Finish(tickets, second) == 9);
    }
    CHECK(device->counters()[static_cast<std::size_t>(Crossing::kFrame)].downloads ==
          (tickets.most() == 1 ? 2 : 9));
  }
}

TEST_CASE("streams on loan are used again, unless they failed") {
  const auto device = OpenDevice("guarded");
  StreamPool pool(device);
  const failures::FailNth counting(failures::kThread, 1000);
  int done = 0;
  for (int i = 0; i < 3; i++) {
    const StreamPool::Loan stream = pool.Lend();
    stream->OnHost([&done] { done++; });
  }
  CHECK(done == 3);
  CHECK(counting.seen() == 1);
  {
    pool.Lend()->OnHost([] { throw Error("NATIVE", "as the test wants"); });
  }
  pool.Lend()->Synchronise();
  CHECK(counting.seen() == 2);
  const StreamPool::Loan one = pool.Lend(), two = pool.Lend();
  CHECK(&*one != &*two);
  CHECK(counting.seen() == 3);
}

TEST_CASE("a frame at a time and many at once are the same frames, on a device that goes on meanwhile") {
  if (!puppet::Built()) return;
  const Stage guarded("guarded");
  const auto expected = FramesOf(*guarded.MakeRun(6), 6);
  CHECK(expected == FramesOf(*Stage("cpu").MakeRun(6), 6));
  const auto clip = guarded.MakeRun(6);
  Reader reader;
  for (std::size_t i = 0; i < 6; i++) {
    reader.Ask(*clip);
    reader.Wait();
    CHECK(reader.buffer(i) == expected[i]);
  }
}

TEST_SUITE_END();
