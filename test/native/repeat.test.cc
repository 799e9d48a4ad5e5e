#include "core/repeat.h"

#include <doctest/doctest.h>

#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "core/device.h"
#include "core/tensor.h"
#include "cuda_double.h"
#include "kernels/normal.h"
#include "kernels/set_timestep.h"

namespace {

using namespace kdtalker;
using cuda_double::Double;
using cuda_double::ThrownBy;

// Operations that read what was there before: each run writes the next normals over the key.
struct Repeated {
  explicit Repeated(const std::string& name, const DeviceOptions& options = {})
      : device(OpenDevice(name, options)),
        stream(device->MakeStream()),
        key(device, Type::kInt64, {2}),
        normals(device, Type::kFloat32, {kLength}) {}

  void Give() {
    given++;
    stream->Launch(kernels::FillStepNormal{normals.f32(), key.i64(), kLength, 4});
    stream->Launch(kernels::SetTimestep{key.i64(), 77});
  }
  std::vector<float> Run(std::uint64_t seed) {
    stream->Launch(kernels::SetNoiseKey{key.i64(), seed, 3});
    repeat.Run(*stream, [this] { Give(); });
    std::vector<float> values(kLength);
    stream->DownloadNow(values.data(), normals.address(), normals.bytes(), Crossing::kTrace);
    return values;
  }

  static constexpr std::int64_t kLength = 1001;
  std::shared_ptr<Device> device;
  std::unique_ptr<Stream> stream;
  Tensor key, normals;
  Repeat repeat;
  int given = 0;
};

std::vector<float> StepNoise(std::uint64_t seed) {
  std::vector<float> values(Repeated::kLength);
  const kernels::FillNormal fill{values.data(), Repeated::kLength, seed, 3, 4, kernels::NoisePurpose::kStep};
  for (std::int64_t i = 0; i < fill.count(); i++) fill(i);
  return values;
}

TEST_CASE("repeat: every run does the operations, on every device") {
  for (const char* name : {"cpu", "guarded", "cuda:0"}) {
    for (const char* settings : {"seed=0", "seed=1 late=1"}) {
      const Double configured(settings);
      Repeated work(name);
      for (std::uint64_t seed = 5; seed < 10; seed++) CHECK(work.Run(seed) == StepNoise(seed));
      CHECK(work.given == (std::string(name) == "cuda:0" ? 2 : 5));
    }
  }
}

TEST_CASE("repeat: from the second run on a run is one launch of a graph") {
  const Double configured("");
  Repeated work("cuda:0");
  work.Run(1);
  const DeviceWork once = work.device->work();
  CHECK(once.launches == 3);
  for (std::uint64_t seed = 1; seed < 4; seed++) work.Run(seed);
  const DeviceWork often = work.device->work();
  CHECK(often.graph_launches == 3);
  CHECK(often.launches == once.launches + 3);
  CHECK(often.allocations == once.allocations);
}

TEST_CASE("repeat: a device without graphs runs the operations singly") {
  Repeated work("cuda:0", {0, false});
  for (std::uint64_t seed = 5; seed < 10; seed++) CHECK(work.Run(seed) == StepNoise(seed));
  CHECK(work.device->work().graph_launches == 0);
}

TEST_CASE("repeat: operations that change are captured again") {
  Repeated work("cuda:0");
  for (std::uint64_t seed = 1; seed < 4; seed++) work.Run(seed);
  work.repeat.Reset();
  for (std::uint64_t seed = 1; seed < 4; seed++) CHECK(work.Run(seed) == StepNoise(seed));
  CHECK(work.given == 4);
}

TEST_CASE("repeat: a device that refuses a capture runs the operations singly") {
  for (const char* fail : {"fail=cudaStreamBeginCapture:0:801", "fail=cudaStreamEndCapture:0:901",
                           "fail=cudaGraphInstantiate:0:2"}) {
    CAPTURE(fail);
    const Double configured(fail);
    Repeated work("cuda:0");
    for (std::uint64_t seed = 5; seed < 10; seed++) CHECK(work.Run(seed) == StepNoise(seed));
    CHECK(work.device->work().graph_launches == 0);
  }
}

TEST_CASE("repeat: a launch that fails while it is captured fails no run") {
  Repeated work("cuda:0");
  work.Run(5);
  const Double configured("fail=cudaLaunchKernel:1:9");  // the first launch is that of the key
  for (std::uint64_t seed = 6; seed < 9; seed++) CHECK(work.Run(seed) == StepNoise(seed));
  CHECK(work.device->work().graph_launches == 0);
}

TEST_CASE("repeat: operations that throw while they are captured leave the stream as it was") {
  Repeated work("cuda:0");
  work.Run(5);
  CHECK_THROWS_AS(work.repeat.Run(*work.stream, [] { throw std::runtime_error("stopped"); }),
                  std::runtime_error);
  CHECK(work.Run(6) == StepNoise(6));
}

TEST_CASE("repeat: within a capture the operations are given to it") {
  Repeated work("cuda:0");
  Repeat outer;
  for (std::uint64_t seed = 5; seed < 10; seed++) {
    work.stream->Launch(kernels::SetNoiseKey{work.key.i64(), seed, 3});
    outer.Run(*work.stream, [&] { work.repeat.Run(*work.stream, [&] { work.Give(); }); });
    std::vector<float> values(Repeated::kLength);
    work.stream->DownloadNow(values.data(), work.normals.address(), work.normals.bytes(), Crossing::kTrace);
    CHECK(values == StepNoise(seed));
  }
  CHECK(work.given == 2);
}

TEST_CASE("repeat: may go while its graph is still to run") {
  const Double configured("late=1");
  Repeated work("cuda:0");
  work.stream->Launch(kernels::SetNoiseKey{work.key.i64(), 5, 3});
  {
    Repeat inner;
    for (int i = 0; i < 3; i++) inner.Run(*work.stream, [&] { work.Give(); });
  }
  work.stream->Synchronise();
  CHECK(work.given == 2);
}

// What four runs throw when the GPU is lost after so many calls of CUDA's.
std::string CodeOfLossAfter(int calls) {
  Repeated work("cuda:0");
  const Double configured("lose=" + std::to_string(calls) + ":719");
  return ThrownBy([&] {
           for (std::uint64_t seed = 1; seed < 5; seed++) work.Run(seed);
         })
      .code;
}

TEST_CASE("repeat: a GPU that is lost at any call is DEVICE_LOST, and everything can go") {
  int calls = 0;
  while (CodeOfLossAfter(calls) == "DEVICE_LOST") calls++;
  CHECK(calls > 20);
  CHECK(CodeOfLossAfter(calls) == "nothing");
}

}  // namespace
