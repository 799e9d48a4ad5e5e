// The guarded device faults if host code reads or writes through one of its addresses: each attempt runs in a
// child process, which must die of SIGSEGV.
#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <thread>

#include "core/device.h"
#include "core/stream.h"
#include "core/tensor.h"

namespace {

using namespace kdtalker;

// The signal that ended a child during the work; 0 if it survived.
int SignalOf(const std::function<void()>& work) {
  const pid_t child = ::fork();
  if (child == 0) {
    // The test runner and the sanitizers have handlers of their own.
    for (const int each : {SIGSEGV, SIGBUS}) std::signal(each, SIG_DFL);
    work();
    ::_exit(0);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

struct ReadKernel {
  const std::uint8_t* in;
  std::uint8_t* out;
  std::int64_t count() const { return 1; }
  void operator()(std::int64_t) const { *out = *in; }
};

Tensor MakeTensor() {
  Tensor tensor(OpenDevice("guarded"), Type::kUint8, {5000});
  const std::uint8_t bytes[5000] = {42};
  tensor.UploadNow(*tensor.device().MakeStream(), bytes, Crossing::kPack);
  return tensor;
}

// Four unused bytes lie between the value and the count; the kernel reads them.
struct PaddedKernel {
  std::uint8_t* out;
  float value;
  std::int64_t size;
  std::int64_t count() const { return size; }
  void operator()(std::int64_t i) const {
    out[i] = reinterpret_cast<const std::uint8_t*>(
        this)[offsetof(PaddedKernel, value) + sizeof(value) + static_cast<std::size_t>(i)];
  }
};

}  // namespace

TEST_CASE("the host may not read guarded memory") {
  const Tensor tensor = MakeTensor();
  volatile std::uint8_t* address = tensor.u8();
  CHECK(SignalOf([address] { (void)*address; }) == SIGSEGV);
  CHECK(SignalOf([address] { (void)address[4999]; }) == SIGSEGV);
}

TEST_CASE("the host may not write guarded memory") {
  const Tensor tensor = MakeTensor();
  volatile std::uint8_t* address = tensor.u8();
  CHECK(SignalOf([address] { *address = 1; }) == SIGSEGV);
}

TEST_CASE("nor may another thread, while a declared copy is fine") {
  const Tensor tensor = MakeTensor();
  volatile std::uint8_t* address = tensor.u8();
  CHECK(SignalOf([address] { std::thread([address] { (void)*address; }).join(); }) == SIGSEGV);
  CHECK(SignalOf([&tensor] {
          std::uint8_t out[5000];
          tensor.DownloadNow(*tensor.device().MakeStream(), out, Crossing::kFrame);
          if (out[0] != 42) std::abort();
        }) == 0);
}

TEST_CASE("a kernel is given addresses that it can follow, and only when it is launched") {
  const Tensor in = MakeTensor();
  const Tensor out(in.shared_device(), Type::kUint8, {1});
  const auto stream = in.device().MakeStream();
  stream->Launch(ReadKernel{in.u8(), out.u8()});
  std::uint8_t value = 0;
  out.DownloadNow(*stream, &value, Crossing::kFrame);
  CHECK(value == 42);
  const ReadKernel kernel{in.u8(), out.u8()};
  CHECK(SignalOf([kernel] { kernel(0); }) == SIGSEGV);
}

TEST_CASE("freed memory is gone, for the view as well") {
  Tensor tensor = MakeTensor();
  const auto device = tensor.shared_device();
  volatile auto* view = static_cast<std::uint8_t*>(device->Resolve(tensor.address()));
  CHECK(SignalOf([view] { (void)*view; }) == 0);
  tensor = Tensor();
  CHECK(SignalOf([view] { (void)*view; }) == SIGSEGV);
}

TEST_CASE("a block that is used again holds nothing of what was there") {
  const auto device = OpenDevice("guarded");
  std::uint8_t bytes[5000];
  std::memset(bytes, 9, sizeof(bytes));
  void* first = nullptr;
  {
    const Tensor tensor(device, Type::kUint8, {5000});
    tensor.UploadNow(*tensor.device().MakeStream(), bytes, Crossing::kPack);
    first = tensor.address();
  }
  const Tensor again(device, Type::kUint8, {5000});
  CHECK(again.address() == first);
  again.DownloadNow(*device->MakeStream(), bytes, Crossing::kPack);
  CHECK(bytes[0] == 0);
}

// The padding together with the number before it looks like an address, and resolving changes an address:
// both halves, unless the distance of the two ranges is a multiple of 4 GiB.
TEST_CASE("half of an old address in a kernel's padding is gone when it runs") {
  const auto device = OpenDevice("guarded");
  const Tensor tensor(device, Type::kUint8, {4});
  PaddedKernel kernel;
  const auto address = reinterpret_cast<std::uint64_t>(tensor.address());
  for (std::size_t at = 0; at + sizeof(address) <= sizeof(kernel); at += sizeof(address))
    std::memcpy(reinterpret_cast<std::byte*>(&kernel) + at, &address, sizeof(address));
  kernel.out = tensor.u8();
  kernel.value = 1.5F;
  kernel.size = 4;
  const auto stream = device->MakeStream();
  stream->Launch(kernel);
  std::uint8_t padding[4] = {9, 9, 9, 9};
  tensor.DownloadNow(*stream, padding, Crossing::kFrame);
  CHECK(std::count(padding, padding + 4, 0) == 4);
}
