#include "core/device.h"

#include <doctest/doctest.h>

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <numeric>
#include <string>
#include <vector>

#include "core/error.h"
#include "core/stream.h"
#include "core/tensor.h"

namespace {

using namespace kdtalker;

// out[i] = in[i] + add; an example of a kernel.
struct AddKernel {
  const float* in;
  float* out;
  float add;
  std::int64_t length;
  std::int64_t count() const { return length; }
  void operator()(std::int64_t i) const { out[i] = in[i] + add; }
};

std::string CodeOf(const std::string& device) {
  try {
    OpenDevice(device);
  } catch (const Error& error) {
    return error.code();
  }
  return "";
}

CrossingCount CountOf(const Device& device, Crossing why) {
  return device.counters()[static_cast<std::size_t>(why)];
}

}  // namespace

TEST_CASE("devices are opened by name") {
  CHECK(OpenDevice("cpu")->name() == "cpu");
  CHECK(OpenDevice("auto")->name() == "cpu");
  CHECK(OpenDevice("guarded")->name() == "guarded");
  CHECK(CodeOf("gpu") == "DEVICE_UNKNOWN");
  CHECK(CodeOf("") == "DEVICE_UNKNOWN");
  CHECK(CodeOf("cuda:") == "DEVICE_UNKNOWN");
}

TEST_CASE("bytes come back as they went in, through copies and kernels") {
  for (const char* name : {"cpu", "guarded"}) {
    CAPTURE(name);
    const auto device = OpenDevice(name);
    std::vector<float> in(1000), out(1000);
    std::iota(in.begin(), in.end(), 0.0F);
    const Tensor a(device, Type::kFloat32, {10, 100}), b(device, Type::kFloat32, {1000});
    const auto stream = device->MakeStream();
    a.UploadNow(*stream, in.data(), Crossing::kMotion);
    stream->Launch(AddKernel{a.f32(), b.f32(), 0.5F, 1000});
    CopyTensor(*stream, a, b);
    a.DownloadNow(*stream, out.data(), Crossing::kFrame);
    for (std::size_t i = 0; i < in.size(); i++) REQUIRE(out[i] == in[i] + 0.5F);
  }
}

TEST_CASE("crossings are counted by their reason, device copies are not") {
  for (const char* name : {"cpu", "guarded", "cuda:0"}) {
    CAPTURE(name);
    const auto device = OpenDevice(name);
    const Tensor a(device, Type::kUint8, {100}), b(device, Type::kUint8, {100});
    std::uint8_t bytes[100] = {};
    const auto stream = device->MakeStream();
    a.UploadNow(*stream, bytes, Crossing::kPicture);
    a.UploadNow(*stream, bytes, Crossing::kPicture);
    CopyTensor(*stream, b, a);
    b.DownloadNow(*stream, bytes, Crossing::kFrame);
    const CrossingCount picture = CountOf(*device, Crossing::kPicture),
                        frame = CountOf(*device, Crossing::kFrame);
    CHECK(picture.crossing == "picture");
    CHECK(picture.uploads == 2);
    CHECK(picture.upload_bytes == 200);
    CHECK(picture.downloads == 0);
    CHECK(frame.downloads == 1);
    CHECK(frame.download_bytes == 100);
    CHECK(CountOf(*device, Crossing::kMotion).uploads == 0);
  }
}

TEST_CASE("an adopted buffer keeps its bytes and counts as one upload") {
  for (const char* name : {"cpu", "guarded", "cuda:0"}) {
    CAPTURE(name);
    const auto device = OpenDevice(name);
    std::unique_ptr<void, void (*)(void*)> buffer(std::malloc(300), std::free);
    std::memset(buffer.get(), 7, 300);
    const Tensor tensor(device->Adopt(std::move(buffer), 300, Crossing::kSpectrogram), Type::kUint8, {300});
    std::vector<std::uint8_t> out(300);
    tensor.DownloadNow(*device->MakeStream(), out.data(), Crossing::kFrame);
    CHECK(out == std::vector<std::uint8_t>(300, 7));
    CHECK(CountOf(*device, Crossing::kSpectrogram).uploads == 1);
    CHECK(CountOf(*device, Crossing::kSpectrogram).upload_bytes == 300);
  }
}

TEST_CASE("memory is aligned, movable, and outlives the last name of its device") {
  for (const char* name : {"cpu", "guarded", "cuda:0"}) {
    CAPTURE(name);
    Tensor kept;
    CHECK_FALSE(kept);
    {
      const auto device = OpenDevice(name);
      Tensor made(device, Type::kInt64, {3});
      CHECK(reinterpret_cast<std::uintptr_t>(made.address()) % 64 == 0);
      CHECK(Tensor(device, Type::kFloat32, {0, 4}).bytes() == 0);
      kept = std::move(made);
    }
    CHECK(kept);
    const std::int64_t in[3] = {1, -2, 3};
    std::int64_t out[3] = {};
    const auto stream = kept.device().MakeStream();
    kept.UploadNow(*stream, in, Crossing::kPack);
    kept.DownloadNow(*stream, out, Crossing::kPack);
    CHECK(out[1] == -2);
  }
}

TEST_CASE("shapes") {
  CHECK(ElementCount({2, 3, 4}) == 24);
  CHECK(ElementCount({}) == 1);
  CHECK(DimsToText({1, 64, 70}) == "[1, 64, 70]");
  CHECK(SizeOf(Type::kInt64) == 8);
  CHECK(SizeOf(Type::kUint8) == 1);
}
