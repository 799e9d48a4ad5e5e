#include "core/session.h"

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "core/error.h"
#include "puppet.h"

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

}  // namespace

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
  std::vector<std::vector<float>> features;
  for (const char* name : {"cpu", "guarded"}) {
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
    features.emplace_back(3 * 512);
    feature.DownloadNow(*stream, features.back().data(), Crossing::kFrame);
  }
  CHECK(features[0] == features[1]);
  CHECK(features[0][0] != 0.0F);
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
