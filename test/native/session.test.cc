#include "core/session.h"

#include <doctest/doctest.h>

#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <latch>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "core/error.h"
#include "ops/domain.h"
#include "puppet.h"
#include "support/failures.h"

namespace {

using namespace kdtalker;

template <class Work>
std::string CodeThrownBy(Work work) {
  try {
    work();
  } catch (const Error& error) {
    return error.code();
  }
  return "";
}

std::shared_ptr<Session> Audio() {
  return std::make_shared<Session>(puppet::Runtime(), std::string(puppet::kFolder) + "audio.onnx", 1);
}

// What the audio network makes of a certain input.
std::vector<float> FeaturesOf(const std::shared_ptr<Session>& session, const char* name = "cpu") {
  const auto device = OpenDevice(name);
  const Tensor mel(device, Type::kFloat32, {3, 1, 80, 16}), feature(device, Type::kFloat32, {3, 512});
  std::vector<float> values(3 * 1280);
  for (std::size_t i = 0; i < values.size(); i++) values[i] = static_cast<float>(i % 17) / 8.0F - 1.0F;
  const auto stream = device->MakeStream();
  mel.UploadNow(*stream, values.data(), Crossing::kSpectrogram);
  SessionBinding binding(session);
  binding.Input("mel", mel).Output("feature", feature);
  const StopToken stop;
  binding.Run(*stream, stop);
  return DownloadFloats(*stream, feature, Crossing::kFrame);
}

// A process that opens sessions in turn, whose runtime shares `shared` threads.
struct Sessions {
  explicit Sessions(int shared) : runtime(Runtime::Open(std::getenv("KDTALKER_ORT"), "", shared)) {
    ops::Register(*runtime);
  }
  std::shared_ptr<Session> Open(int threads) {
    const std::string file = std::string(puppet::kFolder) + "audio.onnx";
    return opened.emplace_back(std::make_shared<Session>(runtime, file, threads));
  }
  std::shared_ptr<Runtime> runtime;
  std::vector<std::shared_ptr<Session>> opened;
};

}  // namespace

TEST_SUITE_BEGIN("threads");

TEST_CASE("sessions of as many threads share them, and others have their own") {
  if (!puppet::Built()) return;
  const auto expected = FeaturesOf(Audio());
  const failures::FailNth counting(failures::kThread, 1000);
  Sessions sessions(3);
  CHECK(counting.seen() == 0);
  sessions.Open(1);
  CHECK(counting.seen() == 0);
  for (int i = 0; i < 5; i++) sessions.Open(3);
  CHECK(counting.seen() == 2);
  for (int i = 0; i < 2; i++) sessions.Open(2);
  CHECK(counting.seen() == 4);
  for (const auto& session : sessions.opened) CHECK(FeaturesOf(session) == expected);
  std::vector<std::thread> at_once;
  std::atomic<int> wrong{0};
  for (const auto& session : sessions.opened)
    at_once.emplace_back([&] { wrong += FeaturesOf(session) == expected ? 0 : 1; });
  for (std::thread& thread : at_once) thread.join();
  CHECK(wrong == 0);
}

TEST_CASE("shared threads that the system refuses leave sessions with those that they get") {
  if (!puppet::Built()) return;
  const auto expected = FeaturesOf(Audio());
  for (std::int64_t n = 0; n < 4; n++) {
    CAPTURE(n);
    Sessions sessions(3);
    {
      const failures::FailNth failing(failures::kThread, n);
      CHECK(FeaturesOf(sessions.Open(3)) == expected);
      CHECK(failing.happened() == (n < 2));
    }
    CHECK(FeaturesOf(sessions.Open(3)) == expected);
  }
}

TEST_CASE("sessions that are the first to name a domain are loaded from many threads at once") {
  if (!puppet::Built()) return;
  const auto runtime = puppet::Runtime();
  for (int round = 0; round < 60; round++) {
    const std::string name = "test.round" + std::to_string(round);
    runtime->AddDomain(name, [&name] {
      auto domain = std::make_shared<Ort::CustomOpDomain>(name.c_str());
      const OrtCustomOpDomain* handle = *domain;
      return std::shared_ptr<const OrtCustomOpDomain>(std::move(domain), handle);
    });
    std::atomic<int> failed{0};
    std::latch ready(3);
    std::vector<std::thread> at_once;
    for (int i = 0; i < 3; i++) {
      at_once.emplace_back([&] {
        ready.arrive_and_wait();
        failed += CodeThrownBy([] { Audio(); }).empty() ? 0 : 1;
      });
    }
    for (std::thread& thread : at_once) thread.join();
    CHECK(failed == 0);
  }
}

TEST_SUITE_END();

TEST_CASE("the runtime is one for the process, and says what is wrong with a library") {
  if (!puppet::Built()) return;
  CHECK(CodeThrownBy([] { Runtime::Open("no/such/library.so", ""); }) == "RUNTIME_NOT_FOUND");
  CHECK(CodeThrownBy([] { Runtime::Open("libm.so.6", ""); }) == "RUNTIME_NOT_FOUND");
  const auto runtime = puppet::Runtime();
  CHECK(Runtime::Open("another name", "") == runtime);
  CHECK(runtime->version().find('.') != std::string::npos);
}

TEST_CASE("a session tells its inputs and outputs") {
  if (!puppet::Built()) return;
  const auto session = Audio();
  const Slot& mel = session->input("mel");
  CHECK(mel.type == Type::kFloat32);
  CHECK(mel.dims == std::vector<std::int64_t>{-1, 1, 80, 16});
  CHECK(session->output("feature").dims == std::vector<std::int64_t>{-1, 512});
  CHECK(CodeThrownBy([&] { session->input("sound"); }) == "PACK_INVALID");
}

TEST_CASE("bound tensors are read and written in place, on every device") {
  if (!puppet::Built()) return;
  const auto session = Audio();
  const std::vector<float> features = FeaturesOf(session);
  CHECK(features == FeaturesOf(session, "guarded"));
  CHECK(features[0] != 0.0F);
}

TEST_CASE("a token that was stopped ends a run before it begins") {
  if (!puppet::Built()) return;
  const auto device = OpenDevice("cpu");
  const Tensor mel(device, Type::kFloat32, {1, 1, 80, 16}), feature(device, Type::kFloat32, {1, 512});
  SessionBinding binding(Audio());
  binding.Input("mel", mel).Output("feature", feature);
  StopToken stop;
  std::thread([&stop] { stop.Stop(); }).join();
  CHECK(stop.stopped());
  CHECK(CodeThrownBy([&] { binding.Run(*device->MakeStream(), stop); }) == "ABORTED");
}

TEST_CASE("a run that waits in its stream is ended too, and what is behind it") {
  if (!puppet::Built()) return;
  const auto device = OpenDevice("guarded");
  const Tensor mel(device, Type::kFloat32, {1, 1, 80, 16}), feature(device, Type::kFloat32, {1, 512});
  StopToken stop;
  SessionBinding binding(Audio());
  binding.Input("mel", mel).Output("feature", feature);
  const auto stream = device->MakeStream();
  binding.Run(*stream, stop);
  stop.Stop();
  CHECK(CodeThrownBy([&] { stream->Synchronise(); }) == "ABORTED");
}

TEST_CASE("shapes that do not fit fail and do no harm") {
  if (!puppet::Built()) return;
  const auto device = OpenDevice("cpu");
  const Tensor mel(device, Type::kFloat32, {1, 1, 80, 15}), feature(device, Type::kFloat32, {1, 512});
  const StopToken stop;
  const auto run = [&] {
    SessionBinding binding(Audio());
    binding.Input("mel", mel).Output("feature", feature);
    binding.Run(*device->MakeStream(), stop);
  };
  CHECK_FALSE(CodeThrownBy(run).empty());
}
