// A GPU as the engine sees it, on the double of CUDA (KDTALKER_CUDA names libkdtalker_cuda_double.so).
#include "core/cuda_device.h"

#include <doctest/doctest.h>

#include <cstdlib>
#include <cstring>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/error.h"
#include "core/stage_timer.h"
#include "core/stream.h"
#include "core/tensor.h"
#include "cuda_double.h"
#include "kernels/convert.h"
#include "kernels/keypoints.h"
#include "kernels/loudness.h"
#include "kernels/normal.h"
#include "kernels/paste.h"
#include "kernels/silence_gate.h"
#include "kernels/smooth.h"

namespace {

using namespace kdtalker;
using cuda_double::Double;
using cuda_double::Thrown;
using cuda_double::ThrownBy;

void Opens(const std::string& settings, const std::string& code, const std::string& text) {
  CAPTURE(settings);
  const Double configured(settings);
  const Thrown thrown = ThrownBy([] { OpenDevice("cuda:0"); });
  CAPTURE(thrown.message);
  CHECK(thrown.code == code);
  CHECK(thrown.message.find(text) != std::string::npos);
}

TEST_CASE("cuda: names") {
  const Double configured("devices=2");
  CHECK(OpenDevice("cuda")->name() == "cuda:0");
  CHECK(OpenDevice("tensorrt")->name() == "tensorrt:0");
  CHECK(OpenDevice("cuda:1")->name() == "cuda:1");
  for (const char* name : {"cuda:", "cuda:x", "cuda:-1", "cuda:0x", "cuda1", "tensorrt:", "tensorrtx"}) {
    CAPTURE(name);
    CHECK(ThrownBy([&] { OpenDevice(name); }).code == "DEVICE_UNKNOWN");
  }
}

TEST_CASE("cuda: each reason why a GPU cannot be used has its sentence and what to do") {
  Opens("devices=0", "DEVICE_UNAVAILABLE", "start a container with --gpus all");
  Opens("driver=12080", "DEVICE_UNAVAILABLE",
        "for CUDA 13.0 or newer for device 'cuda:0' but received one for 12.8. Update");
  Opens("driver=0", "DEVICE_UNAVAILABLE", "received none: libcuda.so.1 cannot be opened. Install the driver");
  Opens("capability=75", "DEVICE_UNAVAILABLE", "but double has 7.5. Use device 'cpu'");
  Opens("fail=cudaSetDevice:0:46", "DEVICE_UNAVAILABLE", "Another process holds it alone");
  Opens("fail=cudaSetDevice:0:803", "DEVICE_UNAVAILABLE", "Restart the machine after the driver's update");
  Opens("fail=cudaSetDevice:0:209", "DEVICE_UNAVAILABLE", "compute capability 8.0 or newer");
  Opens("fail=cudaMemGetInfo:0:2", "DEVICE_MEMORY", "Expected memory of device 'cuda:0' for a context");
  Opens("fail=cudaMemGetInfo:0:999", "DEVICE_LOST", "Start this process again");
  const Thrown thrown = ThrownBy([] { OpenDevice("cuda:3"); });
  CHECK(thrown.code == "DEVICE_UNAVAILABLE");
  CHECK(thrown.message.find("nvidia-smi -L") != std::string::npos);
}

// What a kernel makes of inputs on a device, as bytes.
class Work {
 public:
  explicit Work(const std::string& name) : device_(OpenDevice(name)), stream_(device_->MakeStream()) {}

  template <class T>
  T* Send(const std::vector<T>& values) {
    T* address = Take<T>(static_cast<std::int64_t>(values.size()));
    stream_->UploadNow(address, values.data(), values.size() * sizeof(T), Crossing::kTrace);
    return address;
  }
  template <class T>
  T* Take(std::int64_t count) {
    held_.push_back(device_->Allocate(static_cast<std::size_t>(count) * sizeof(T)));
    return static_cast<T*>(held_.back().address());
  }
  template <class T>
  std::vector<std::uint8_t> Fetch(const T* address, std::int64_t count) {
    std::vector<std::uint8_t> bytes(static_cast<std::size_t>(count) * sizeof(T));
    stream_->DownloadNow(bytes.data(), address, bytes.size(), Crossing::kTrace);
    return bytes;
  }
  Stream& stream() { return *stream_; }

 private:
  std::shared_ptr<Device> device_;
  std::vector<Memory> held_;
  std::unique_ptr<Stream> stream_;
};

std::vector<float> Floats(std::int64_t count, float low, float high) {
  std::vector<float> values;
  for (std::int64_t i = 0; i < count; i++)
    values.push_back(low + (high - low) * static_cast<float>(i * 7919 % 1009) / 1008.0F);
  return values;
}

std::vector<std::uint8_t> Levels(std::int64_t count) {
  std::vector<std::uint8_t> values;
  for (std::int64_t i = 0; i < count; i++) values.push_back(static_cast<std::uint8_t>(i * 31 % 251));
  return values;
}

// The same bytes as on the CPU, in each order.
void IsSameAsOnCpu(const std::function<std::vector<std::uint8_t>(Work&)>& work) {
  Work cpu("cpu");
  const std::vector<std::uint8_t> expected = work(cpu);
  for (const char* seed : {"seed=0", "seed=1", "seed=2", "seed=3"}) {
    CAPTURE(seed);
    const Double configured(seed);
    Work cuda("cuda:0");
    CHECK(work(cuda) == expected);
  }
}

TEST_CASE("cuda: pictures are converted as on the CPU") {
  constexpr std::int64_t kWidth = 131, kHeight = 67;
  const std::vector<float> image = Floats(3 * kWidth * kHeight, -0.1F, 1.1F);
  IsSameAsOnCpu([&](Work& work) {
    auto* out = work.Take<std::uint8_t>(3 * kWidth * kHeight);
    work.stream().Launch(kernels::PictureToRgb{work.Send(image), out, kWidth, kHeight});
    return work.Fetch(out, 3 * kWidth * kHeight);
  });
  IsSameAsOnCpu([&](Work& work) {
    const std::int64_t bytes = kernels::PictureToI420::Bytes(kWidth, kHeight);
    auto* out = work.Take<std::uint8_t>(bytes);
    work.stream().Launch(kernels::PictureToI420{work.Send(image), out, kWidth, kHeight});
    return work.Fetch(out, bytes);
  });
}

TEST_CASE("cuda: a crop is pasted as on the CPU") {
  constexpr std::int64_t kCrop = 64, kWidth = 90, kHeight = 80;
  const kernels::Region region{3, 5, 88, 77};
  const kernels::ToCrop to_crop{{0.8, 0.05, -3.2, -0.04, 0.82, -1.7}};
  const std::int64_t area = (region.right - region.left) * (region.bottom - region.top);
  IsSameAsOnCpu([&](Work& work) {
    auto* mask = work.Take<std::uint8_t>(area);
    const auto* photo = work.Send(Levels(3 * kWidth * kHeight));
    auto* out = work.Send(Levels(3 * kWidth * kHeight));
    work.stream().Launch(kernels::WarpMask{mask, region, to_crop, kCrop, kCrop, {}});
    work.stream().Launch(kernels::PasteCrop{work.Send(Levels(3 * kCrop * kCrop)), mask, photo, out, region,
                                            to_crop, kCrop, kCrop, kWidth});
    return work.Fetch(out, 3 * kWidth * kHeight);
  });
}

TEST_CASE("cuda: noise is that of the CPU") {
  IsSameAsOnCpu([](Work& work) {
    auto* out = work.Take<float>(4321);
    work.stream().Launch(kernels::FillNormal{out, 4321, 77, 3, 0, kernels::NoisePurpose::kInitial});
    return work.Fetch(out, 4321);
  });
}

TEST_CASE("cuda: keypoints and the silence of a spectrogram are those of the CPU") {
  IsSameAsOnCpu([](Work& work) {
    auto* out = work.Take<float>(kernels::kKeypoints * 3);
    work.stream().Launch(kernels::SourceKeypoints{work.Send(Floats(kernels::kMotionSize, -0.5F, 0.5F)),
                                                  work.Send(Floats(kernels::kKeypoints * 3, -1, 1)), out});
    return work.Fetch(out, kernels::kKeypoints * 3);
  });
}

TEST_CASE("cuda: copies and events keep the order that streams are given") {
  for (const char* seed : {"seed=0", "seed=1 late=1", "seed=2"}) {
    const Double configured(seed);
    const auto device = OpenDevice("cuda:0");
    const auto first = device->MakeStream(Priority::kHigh), second = device->MakeStream();
    const auto made = device->MakeEvent(), ready = device->MakeEvent();
    const Tensor a(device, Type::kFloat32, {1000}), b(device, Type::kFloat32, {1000});
    const HostBuffer host = device->MakeHostBuffer(b.bytes());
    first->Launch(kernels::FillNormal{a.f32(), 1000, 5, 0, 0, kernels::NoisePurpose::kInitial});
    first->Record(*made);
    second->Wait(*made);
    second->Copy(b.address(), a.address(), b.bytes());
    second->Download(host, b.address(), b.bytes(), Crossing::kFrame);
    second->Record(*ready);
    ready->Synchronise();
    std::vector<float> expected(1000);
    const kernels::FillNormal fill{expected.data(), 1000, 5, 0, 0, kernels::NoisePurpose::kInitial};
    for (std::int64_t i = 0; i < fill.count(); i++) fill(i);
    CHECK(std::memcmp(host.data(), expected.data(), host.bytes()) == 0);
  }
}

TEST_CASE("cuda: uploads of any memory cross in pieces") {
  const auto device = OpenDevice("cuda:0");
  const std::vector<std::uint8_t> values = Levels((std::int64_t{9} << 20) + 5);
  const Memory memory = device->Allocate(values.size());
  const auto stream = device->MakeStream();
  stream->UploadNow(memory.address(), values.data(), values.size(), Crossing::kPack);
  std::vector<std::uint8_t> back(values.size());
  stream->DownloadNow(back.data(), memory.address(), back.size(), Crossing::kTrace);
  CHECK(back == values);
}

// Everything that a piece of work does with a device.
void DoWork(const std::shared_ptr<Device>& device) {
  const auto stream = device->MakeStream();
  const auto event = device->MakeEvent();
  const Tensor x(device, Type::kFloat32, {300000});
  const HostBuffer host = device->MakeHostBuffer(x.bytes());
  std::memset(host.data(), 0, host.bytes());
  stream->Upload(x.address(), host, x.bytes(), Crossing::kTrace);
  stream->Launch(kernels::FillNormal{x.f32(), 1000, 5, 0, 0, kernels::NoisePurpose::kInitial});
  stream->Download(host, x.address(), x.bytes(), Crossing::kTrace);
  stream->Record(*event);
  event->Synchronise();
  stream->Synchronise();
}

TEST_CASE("cuda: a lack of memory at each allocation is DEVICE_MEMORY, and the device works afterwards") {
  for (const char* function : {"cudaMalloc", "cudaMallocHost"}) {
    CAPTURE(function);
    const auto device = OpenDevice("cuda:0");
    {
      const Double configured(std::string("fail=") + function + ":0:2");
      CHECK(ThrownBy([&] { DoWork(device); }).code == "DEVICE_MEMORY");
    }
    DoWork(device);
    CHECK(device->held_bytes() == 0);
  }
}

TEST_CASE("cuda: calls are counted, and the second time nothing is allocated") {
  const auto device = OpenDevice("cuda:0");
  DoWork(device);
  const DeviceWork first = device->work();
  CHECK(first.allocations == 2);
  CHECK(first.launches == 1);
  CHECK(first.synchronisations == 2);
  DoWork(device);
  CHECK(device->work().allocations == 2);
  CHECK(device->work().launches == 2);
  CHECK(device->counters()[static_cast<std::size_t>(Crossing::kTrace)].downloads == 2);
}

TEST_CASE("cuda: a device that is lost at any call is DEVICE_LOST, and nothing hangs or crashes") {
  int survived = 0;
  for (int call = 0; call < 40 && survived == 0; call++) {
    CAPTURE(call);
    const auto device = OpenDevice("cuda:0");
    const Double configured("lose=" + std::to_string(call) + ":719");
    const Thrown thrown = ThrownBy([&] { DoWork(device); });
    if (thrown.code == "nothing")
      survived++;
    else
      CHECK(thrown.code == "DEVICE_LOST");
  }
  CHECK(survived == 1);  // the work has fewer calls than were tried, so that each was lost once
  const auto cpu = OpenDevice("cpu");
  DoWork(cpu);
}

TEST_CASE("cuda: the device may go after it was lost") {
  const Double configured("");
  auto device = OpenDevice("cuda:0");
  const Double lost("lose=0:719");
  CHECK(ThrownBy([&] { device->Allocate(1); }).code == "DEVICE_LOST");
  CHECK(device.use_count() == 1);
  device.reset();
}

TEST_CASE("cuda: an error that the device survives is not DEVICE_LOST") {
  const auto device = OpenDevice("cuda:0");
  const auto stream = device->MakeStream();
  const Double configured("fail=cudaLaunchKernel:0:701");
  const Tensor x(device, Type::kFloat32, {10});
  stream->Launch(kernels::FillNormal{x.f32(), 10, 5, 0, 0, kernels::NoisePurpose::kInitial});
  CHECK(ThrownBy([&] { stream->Synchronise(); }).code == "NATIVE");
  DoWork(device);
}

TEST_CASE("cuda: a stream that waits for what another could not do fails like it") {
  const auto device = OpenDevice("cuda:0");
  const auto failing = device->MakeStream(), other = device->MakeStream();
  const auto before = device->MakeEvent(), behind = device->MakeEvent();
  const Tensor x(device, Type::kFloat32, {10});
  failing->Record(*before);
  {
    const Double configured("fail=cudaLaunchKernel:0:9");
    failing->Launch(kernels::FillNormal{x.f32(), 10, 5, 0, 0, kernels::NoisePurpose::kInitial});
  }
  failing->Record(*behind);
  other->Wait(*before);
  other->Synchronise();
  other->Wait(*behind);
  CHECK(ThrownBy([&] { other->Synchronise(); }).code == "NATIVE");
}

TEST_CASE("cuda: stages are timed by the device, and every lap is counted") {
  for (const char* settings : {"", "late=1", "seed=1"}) {
    CAPTURE(settings);
    const Double configured(settings);
    const auto device = OpenDevice("cuda:0");
    const auto stream = device->MakeStream();
    StageClock clock;
    {
      StageTimer timer(&clock, StageClock::kWarp);
      for (int i = 0; i < 11; i++) const StageTimer::Lap lap(timer, *stream);
    }
    CHECK(clock.times(StageClock::kWarp).laps == 11);
    CHECK(clock.times(StageClock::kWarp).milliseconds >= 0);
  }
}

TEST_CASE("cuda: a stage timer may go before a lost device is done") {
  const auto device = OpenDevice("cuda:0");
  const auto stream = device->MakeStream();
  StageClock clock;
  const Double configured("lose=3:719");
  {
    StageTimer timer(&clock, StageClock::kWarp);
    CHECK(ThrownBy([&] {
            for (int i = 0; i < 11; i++) const StageTimer::Lap lap(timer, *stream);
          }).code == "DEVICE_LOST");
  }
  CHECK(clock.times(StageClock::kWarp).laps == 0);
}

}  // namespace
