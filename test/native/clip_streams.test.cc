// The streams of clips: a reader waits for his frame, and pictures follow each other.
#include <doctest/doctest.h>

#include <cstdint>
#include <memory>

#include "engine/frame_tickets.h"
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
  const FrameTickets::Ticket ticket = static_cast<std::size_t>(value) % tickets.count();
  tickets.Send(ticket, picture, picture.bytes());
  return ticket;
}

std::int64_t Finish(FrameTickets& tickets, FrameTickets::Ticket ticket) {
  std::int64_t value = 0;
  tickets.Finish(ticket, &value);
  return value;
}

}  // namespace

TEST_SUITE_BEGIN("threads");

TEST_CASE("three pictures are on their way where the device goes on meanwhile, and one where it does not") {
  for (const char* name : {"cpu", "guarded"}) {
    CAPTURE(name);
    const auto device = OpenDevice(name);
    const Tensor picture(device, Type::kInt64, {1});
    const auto stream = device->MakeStream();
    FrameTickets tickets(*stream);
    REQUIRE(tickets.count() == (device->asynchronous() ? 3 : 1));
    if (tickets.count() == 1) {
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
          (tickets.count() == 1 ? 2 : 9));
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
