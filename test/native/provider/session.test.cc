// A network that a provider runs is in order with everything else of the device, without a wait of the host.
#include <thread>

#include "core/start_thread.h"
#include "provider/provided.h"

TEST_SUITE_BEGIN("threads");

namespace {

using namespace kdtalker;
using cuda_double::ThrownBy;
using provided::AudioRun;
using provided::Doubles;

const StopToken kNeverStopped;

TEST_CASE("provider: the processor's numbers, in every order of threads and with late streams") {
  if (!provided::Built()) return;
  const std::vector<float> expected = provided::OnProcessor(0);
  for (const char* settings : {"seed=0", "seed=1", "seed=2", "seed=1 late=1"}) {
    CAPTURE(settings);
    const Doubles doubles("", settings);
    const auto device = OpenDevice("cuda:0");
    const auto stream = device->MakeStream();
    const auto session = provided::Session(device);
    AudioRun run(device, *session);
    run.Give(*stream, 0, kNeverStopped);
    CHECK(run.Get(*stream) == expected);
  }
}

TEST_CASE("provider: a run reads what the stream was given before it") {
  if (!provided::Built()) return;
  const Doubles doubles("", "late=1");
  const auto device = OpenDevice("cuda:0");
  const auto stream = device->MakeStream();
  const auto session = provided::Session(device);
  AudioRun run(device, *session);
  for (const float phase : {0.0F, 0.5F}) {
    run.GiveMade(*stream, phase, kNeverStopped);
    CHECK(run.Get(*stream) == provided::OnProcessor(phase));
  }
}

TEST_CASE("provider: the host waits for nothing while runs are given") {
  if (!provided::Built()) return;
  const Doubles doubles("", "late=1");
  const auto device = OpenDevice("cuda:0");
  const auto stream = device->MakeStream();
  const auto session = provided::Session(device);
  AudioRun run(device, *session);
  run.Give(*stream, 0, kNeverStopped);
  const std::uint64_t waits = device->work().synchronisations;
  for (int i = 0; i < 5; i++) run.binding().Run(*stream, kNeverStopped);
  CHECK(device->work().synchronisations == waits);
  CHECK(run.Get(*stream) == provided::OnProcessor(0));
}

TEST_CASE("provider: two threads run one session, each in a stream of its own") {
  if (!provided::Built()) return;
  const std::vector<std::vector<float>> expected{provided::OnProcessor(0), provided::OnProcessor(0.5F)};
  const Doubles doubles("", "seed=3");
  const auto device = OpenDevice("cuda:0");
  const auto session = provided::Session(device);
  std::vector<std::vector<float>> found(2);
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < 2; i++)
    threads.push_back(StartThread([&, i] {
      const auto stream = device->MakeStream();
      AudioRun run(device, *session);
      for (int again = 0; again < 3; again++) run.Give(*stream, static_cast<float>(i) / 2, kNeverStopped);
      found[i] = run.Get(*stream);
    }));
  for (std::thread& thread : threads) thread.join();
  CHECK(found == expected);
}

TEST_CASE("provider: binding, tensors and session may go before their runs are done") {
  if (!provided::Built()) return;
  const Doubles doubles("", "late=1 seed=1");
  const auto device = OpenDevice("cuda:0");
  const auto stream = device->MakeStream();
  auto session = provided::Session(device);
  for (int i = 0; i < 3; i++) AudioRun(device, *session).Give(*stream, 0, kNeverStopped);
  session.reset();
  stream->Synchronise();
}

TEST_CASE("provider: memory of finished runs is used again") {
  if (!provided::Built()) return;
  const Doubles doubles;
  const auto device = OpenDevice("cuda:0");
  const auto stream = device->MakeStream();
  const auto session = provided::Session(device);
  const auto once = [&] {
    AudioRun run(device, *session);
    run.Give(*stream, 0, kNeverStopped);
    run.Get(*stream);
    return device->work().allocations;
  };
  once();
  const std::uint64_t allocations = once();
  for (int i = 0; i < 4; i++) once();
  CHECK(device->work().allocations == allocations);
}

TEST_CASE("provider: a run ends soon when its token is stopped, and the session goes on") {
  if (!provided::Built()) return;
  const Doubles doubles("hold=1");
  const auto device = OpenDevice("cuda:0");
  const auto stream = device->MakeStream();
  const auto session = provided::Session(device);
  AudioRun run(device, *session);
  run.Give(*stream, 0, kNeverStopped);
  StopToken stop;
  std::thread stopping = StartThread([&] { stop.Stop(); });
  CHECK(ThrownBy([&] { run.binding().Run(*stream, stop); }).code == "ABORTED");
  stopping.join();
  const Doubles released;
  run.Give(*stream, 0, kNeverStopped);
  CHECK(run.Get(*stream) == provided::OnProcessor(0));
}

TEST_CASE("provider: a GPU that fails in a run is an error with a code, and nothing hangs") {
  if (!provided::Built()) return;
  const Doubles doubles("", "fail=cudaLaunchHostFunc:1:719");
  const auto device = OpenDevice("cuda:0");
  const auto stream = device->MakeStream();
  const auto session = provided::Session(device);
  AudioRun run(device, *session);
  run.Give(*stream, 0, kNeverStopped);
  const auto thrown = ThrownBy([&] { run.binding().Run(*stream, kNeverStopped); });
  CHECK(thrown.code == "DEVICE_LOST");
  CHECK(thrown.message.find("Start this process again") != std::string::npos);
}

}  // namespace

TEST_SUITE_END();
