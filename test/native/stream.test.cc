// Streams, events and host buffers. On `guarded` an operation happens only when someone waits for it, so a
// case that leaves out a wait finds the old bytes, every time.
#include "core/stream.h"

#include <doctest/doctest.h>

#include <atomic>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "core/error.h"
#include "core/tensor.h"

namespace {

using namespace kdtalker;

struct SetKernel {
  std::int64_t* out;
  std::int64_t value;
  std::int64_t count() const { return 1; }
  void operator()(std::int64_t) const { *out = value; }
};

// Later operations show whether earlier ones were done: out = 10 out + digit.
struct AppendKernel {
  std::int64_t* out;
  std::int64_t digit;
  std::int64_t count() const { return 1; }
  void operator()(std::int64_t) const { *out = *out * 10 + digit; }
};

// Larger than what a queue might keep beside its entries.
struct LargeKernel {
  std::int64_t* out;
  std::int64_t values[100];
  std::int64_t count() const { return 100; }
  void operator()(std::int64_t i) const { out[i] = values[i]; }
};

struct Number {
  explicit Number(const std::shared_ptr<Device>& device)
      : tensor(device, Type::kInt64, {1}), host(device->MakeHostBuffer(8)) {
    value() = -1;
    device->MakeStream()->Launch(SetKernel{tensor.i64(), 0});
  }
  std::int64_t& value() const { return *static_cast<std::int64_t*>(host.data()); }
  void Download(Stream& stream) const { stream.Download(host, tensor.address(), 8, Crossing::kTrace); }

  Tensor tensor;
  HostBuffer host;
};

std::string CodeThrownBy(Stream& stream) {
  try {
    stream.Synchronise();
  } catch (const Error& error) {
    return error.code();
  }
  return "";
}

std::string CodeThrownBy(Event& event) {
  try {
    event.Synchronise();
  } catch (const Error& error) {
    return error.code();
  }
  return "";
}

[[noreturn]] void ThrowPlanned() {
  throw Error("NATIVE", "as the test wants");
}

// What a second stream makes of a number that the first one set to 6.
std::int64_t AfterAnother(bool waits) {
  const auto device = OpenDevice("guarded");
  const Number number(device);
  const auto first = device->MakeStream(), second = device->MakeStream();
  const auto event = device->MakeEvent();
  first->Launch(SetKernel{number.tensor.i64(), 6});
  first->Record(*event);
  if (waits) second->Wait(*event);
  second->Launch(AppendKernel{number.tensor.i64(), 1});
  number.Download(*second);
  second->Synchronise();
  return number.value();
}

}  // namespace

// Not in the suite "threads": ThreadSanitizer would report it, rightly.
TEST_CASE("a missing wait between two streams gives the same wrong bytes every time") {
  for (int i = 0; i < 20; i++) CHECK(AfterAnother(false) == 1);
}

TEST_SUITE_BEGIN("threads");

TEST_CASE("operations of a stream are done in their order, and its downloads hold them after a wait") {
  for (const char* name : {"cpu", "guarded"}) {
    CAPTURE(name);
    const auto device = OpenDevice(name);
    const Number number(device), other(device);
    const auto stream = device->MakeStream(Priority::kHigh);
    number.value() = 7;
    stream->Upload(number.tensor.address(), number.host, 8, Crossing::kTrace);
    for (const std::int64_t digit : {1, 2, 3}) stream->Launch(AppendKernel{number.tensor.i64(), digit});
    stream->Copy(other.tensor.address(), number.tensor.address(), 8);
    stream->Launch(AppendKernel{number.tensor.i64(), 9});
    number.Download(*stream);
    other.Download(*stream);
    stream->Synchronise();
    CHECK(number.value() == 71239);
    CHECK(other.value() == 7123);
  }
}

TEST_CASE("a download that nobody waited for has not happened, except where the call waits") {
  const auto cpu = OpenDevice("cpu"), guarded = OpenDevice("guarded");
  CHECK_FALSE(cpu->asynchronous());
  CHECK(guarded->asynchronous());
  for (const auto& device : {cpu, guarded}) {
    const Number number(device);
    const auto stream = device->MakeStream();
    stream->Launch(SetKernel{number.tensor.i64(), 5});
    number.Download(*stream);
    CHECK(number.value() == (device->asynchronous() ? -1 : 5));
    stream->Synchronise();
    CHECK(number.value() == 5);
  }
}

TEST_CASE("crossings of the moment are done on return, and every crossing is counted once") {
  for (const char* name : {"cpu", "guarded"}) {
    CAPTURE(name);
    const auto device = OpenDevice(name);
    const Number number(device);
    const auto stream = device->MakeStream();
    std::int64_t value = 41;
    stream->UploadNow(number.tensor.address(), &value, 8, Crossing::kMotion);
    value = 0;
    stream->Launch(AppendKernel{number.tensor.i64(), 2});
    stream->DownloadNow(&value, number.tensor.address(), 8, Crossing::kFrame);
    CHECK(value == 412);
    stream->Upload(number.tensor.address(), number.host, 8, Crossing::kMotion);
    number.Download(*stream);
    const auto counters = device->counters();
    CHECK(counters[static_cast<std::size_t>(Crossing::kMotion)].uploads == 2);
    CHECK(counters[static_cast<std::size_t>(Crossing::kMotion)].upload_bytes == 16);
    CHECK(counters[static_cast<std::size_t>(Crossing::kFrame)].downloads == 1);
    CHECK(counters[static_cast<std::size_t>(Crossing::kTrace)].downloads == 1);
  }
}

TEST_CASE("one stream sees what another did where it waits for an event") {
  CHECK(AfterAnother(true) == 61);
}

TEST_CASE("a wait for an event is a wait for what was before its last record, and for nothing else") {
  const auto device = OpenDevice("guarded");
  const Number number(device);
  const auto stream = device->MakeStream();
  const auto event = device->MakeEvent();
  event->Synchronise();  // never recorded
  stream->Wait(*event);
  for (const std::int64_t digit : {1, 2}) {
    stream->Launch(AppendKernel{number.tensor.i64(), digit});
    number.Download(*stream);
    stream->Record(*event);
  }
  stream->Launch(AppendKernel{number.tensor.i64(), 3});
  number.Download(*stream);
  event->Synchronise();
  CHECK(number.value() == 12);
  stream->Wait(*event);  // its own: it waits anyway
  stream->Synchronise();
  CHECK(number.value() == 123);
}

TEST_CASE("an error waits for the next wait, what is behind it is skipped, and the stream stays failed") {
  const auto device = OpenDevice("guarded");
  const Number number(device);
  const auto stream = device->MakeStream(), other = device->MakeStream();
  const auto before = device->MakeEvent(), behind = device->MakeEvent();
  stream->Launch(SetKernel{number.tensor.i64(), 4});
  stream->Record(*before);
  stream->OnHost([] { ThrowPlanned(); });
  stream->Record(*behind);
  stream->Launch(SetKernel{number.tensor.i64(), 5});
  CHECK(CodeThrownBy(*before).empty());
  CHECK(CodeThrownBy(*behind) == "NATIVE");
  CHECK(CodeThrownBy(*stream) == "NATIVE");
  CHECK(CodeThrownBy(*stream) == "NATIVE");
  number.Download(*other);
  other->Synchronise();
  CHECK(number.value() == 4);
  other->Wait(*before);
  CHECK(CodeThrownBy(*other).empty());
  other->Wait(*behind);  // what follows would use what was not made
  CHECK(CodeThrownBy(*other) == "NATIVE");
}

TEST_CASE("an error of a device that is not asynchronous is thrown by the call") {
  const auto stream = OpenDevice("cpu")->MakeStream();
  CHECK_THROWS_AS(stream->OnHost([] { ThrowPlanned(); }), Error);
  stream->Synchronise();
}

TEST_CASE("memory, host buffers and streams wait for their operations before they go") {
  const auto device = OpenDevice("guarded");
  const Number number(device);
  std::atomic<int> done{0};
  const auto count = [&done] { done++; };
  const auto stream = device->MakeStream();
  {
    const Tensor gone(device, Type::kInt64, {1});
    stream->Launch(SetKernel{gone.i64(), 8});
    stream->Copy(number.tensor.address(), gone.address(), 8);
    stream->OnHost(count);
  }
  CHECK(done == 1);
  {
    const HostBuffer gone = device->MakeHostBuffer(8);
    stream->Download(gone, number.tensor.address(), 8, Crossing::kTrace);
    stream->OnHost(count);
  }
  CHECK(done == 2);
  device->MakeStream()->OnHost(count);
  CHECK(done == 3);
  number.Download(*stream);
  stream->Synchronise();
  CHECK(number.value() == 8);
}

TEST_CASE("an event outlives its stream") {
  const auto device = OpenDevice("guarded");
  const auto event = device->MakeEvent();
  const auto other = device->MakeStream();
  {
    const auto stream = device->MakeStream();
    stream->OnHost([] { ThrowPlanned(); });
    stream->Record(*event);
    other->Wait(*event);
  }
  CHECK(CodeThrownBy(*event) == "NATIVE");
  CHECK(CodeThrownBy(*other) == "NATIVE");
}

TEST_CASE("a stream takes any number of operations, of any size up to its limit") {
  const auto device = OpenDevice("guarded");
  const Number number(device);
  const Tensor hundred(device, Type::kInt64, {100});
  const auto stream = device->MakeStream();
  LargeKernel kernel{hundred.i64(), {}};
  for (std::int64_t i = 0; i < 3000; i++) {
    kernel.values[99] = i;
    stream->Launch(kernel);
  }
  std::int64_t values[100];
  stream->DownloadNow(values, hundred.address(), sizeof(values), Crossing::kTrace);
  CHECK(values[99] == 2999);
}

TEST_CASE("host buffers are aligned, movable and keep their device") {
  HostBuffer kept;
  CHECK(kept.data() == nullptr);
  for (const char* name : {"cpu", "guarded"}) {
    HostBuffer made = OpenDevice(name)->MakeHostBuffer(100);
    CHECK(reinterpret_cast<std::uintptr_t>(made.data()) % 64 == 0);
    std::memset(made.data(), 3, made.bytes());
    kept = std::move(made);
    CHECK(kept.bytes() == 100);
    CHECK(static_cast<std::uint8_t*>(kept.data())[99] == 3);
  }
}

TEST_CASE("many threads wait for one stream, and many streams for each other") {
  const auto device = OpenDevice("guarded");
  constexpr int kStreams = 4, kRounds = 50;
  std::vector<std::unique_ptr<Stream>> streams;
  std::vector<std::unique_ptr<Event>> events;
  const Number number(device);
  for (int i = 0; i < kStreams; i++) {
    streams.push_back(device->MakeStream());
    events.push_back(device->MakeEvent());
  }
  for (int round = 0; round < kRounds; round++) {
    for (int i = 0; i < kStreams; i++) {
      const auto at = static_cast<std::size_t>(i),
                 last = static_cast<std::size_t>((i + kStreams - 1) % kStreams);
      streams[at]->Wait(*events[last]);
      streams[at]->Launch(SetKernel{number.tensor.i64(), round * kStreams + i});
      streams[at]->Record(*events[at]);
    }
  }
  number.Download(*streams.back());
  std::vector<std::thread> threads;
  for (const auto& stream : streams) threads.emplace_back([&stream] { stream->Synchronise(); });
  for (std::thread& thread : threads) thread.join();
  CHECK(number.value() == kRounds * kStreams - 1);
}

TEST_SUITE_END();
