// Runs that a provider captures as CUDA graphs: over the session's own tensors, from one thread, whoever runs
// it. And what happens where it refuses.
#include <dlfcn.h>

#include <cstring>
#include <thread>

#include "core/start_thread.h"
#include "provider/provided.h"

TEST_SUITE_BEGIN("threads");

namespace {

using namespace kdtalker;
using cuda_double::ThrownBy;
using provided::Doubles;

const StopToken kNeverStopped;
// Of fixed lengths.
const std::string kDenoiser = "dist/built-in/puppet/denoiser.onnx";

bool Built() {
  return provided::Built();
}

std::shared_ptr<ProviderSession> Session(const std::shared_ptr<Device>& device,
                                         const std::string& file = kDenoiser) {
  return provided::Session(device, "", file, true);
}

std::vector<std::uint8_t> Filled(const Slot& slot, std::size_t bytes, float phase) {
  std::vector<std::uint8_t> filled(bytes);
  if (slot.type != Type::kFloat32) return filled;
  std::vector<float> values(bytes / sizeof(float));
  for (std::size_t i = 0; i < values.size(); i++)
    values[i] = static_cast<float>(i % 13) / 13.0F - 0.5F + phase;
  std::memcpy(filled.data(), values.data(), bytes);
  return filled;
}

// Tensors for a program, and its binding.
class Runner {
 public:
  Runner(const std::shared_ptr<Device>& device, Program& program)
      : program_(program), binding_(program.MakeBinding()) {
    for (const Slot& slot : program.inputs())
      binding_->Input(slot.name, *Add(inputs_, Tensor(device, slot.type, slot.dims)));
    for (const Slot& slot : program.outputs())
      binding_->Output(slot.name, *Add(outputs_, Tensor(device, slot.type, slot.dims)));
  }

  void Give(Stream& stream, float phase, const StopToken& stop = kNeverStopped) {
    for (std::size_t i = 0; i < inputs_.size(); i++) {
      const std::vector<std::uint8_t> bytes = Filled(program_.inputs()[i], inputs_[i]->bytes(), phase);
      inputs_[i]->UploadNow(stream, bytes.data(), Crossing::kSpectrogram);
    }
    binding_->Run(stream, stop);
  }
  std::vector<float> Get(Stream& stream) const {
    return DownloadFloats(stream, *outputs_.front(), Crossing::kFrame);
  }

 private:
  using Tensors = std::vector<std::unique_ptr<Tensor>>;
  static Tensor* Add(Tensors& all, Tensor tensor) {
    return all.emplace_back(std::make_unique<Tensor>(std::move(tensor))).get();
  }

  Program& program_;
  Tensors inputs_, outputs_;
  std::unique_ptr<Binding> binding_;
};

std::vector<float> OnProcessor(float phase) {
  const auto device = OpenDevice("cpu");
  const auto stream = device->MakeStream();
  const auto session = std::make_shared<kdtalker::Session>(provided::Runtime(), kDenoiser, 1);
  Runner runner(device, *session);
  runner.Give(*stream, phase);
  return runner.Get(*stream);
}

int CountIn(const std::string& text, const std::string& part) {
  int count = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) count++;
  return count;
}

TEST_CASE("graphs: captured once, and right for every thread and every set of tensors") {
  if (!Built()) return;
  const std::vector<float> expected[] = {OnProcessor(0), OnProcessor(0.25F)};
  for (const char* settings : {"seed=0", "seed=1 late=1"}) {
    CAPTURE(settings);
    const Doubles doubles("", settings);
    const auto device = OpenDevice("cuda:0");
    const auto session = Session(device);
    std::thread first = StartThread([&] {
      const auto stream = device->MakeStream();
      Runner runner(device, *session);
      runner.Give(*stream, 0);
      CHECK(runner.Get(*stream) == expected[0]);
    });
    first.join();
    const auto stream = device->MakeStream();
    Runner one(device, *session), two(device, *session);
    one.Give(*stream, 0);
    two.Give(*stream, 0.25F);
    CHECK(one.Get(*stream) == expected[0]);
    CHECK(two.Get(*stream) == expected[1]);
    CHECK(session->warning().empty());
    const std::string log = doubles.log();
    CHECK(CountIn(log, "enable_cuda_graph=1") == 1);
    CHECK(CountIn(log, "capture ") == 1);
    CHECK(CountIn(log, "replay ") == 2);
  }
}

TEST_CASE("graphs: two threads run one session at once, and the host waits for nothing") {
  if (!Built()) return;
  const std::vector<std::vector<float>> expected{OnProcessor(0), OnProcessor(0.5F)};
  const Doubles doubles("", "seed=3");
  const auto device = OpenDevice("cuda:0");
  const auto session = Session(device);
  std::vector<std::vector<float>> found(2);
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < 2; i++)
    threads.push_back(StartThread([&, i] {
      const auto stream = device->MakeStream();
      Runner runner(device, *session);
      for (int again = 0; again < 3; again++) runner.Give(*stream, static_cast<float>(i) / 2);
      found[i] = runner.Get(*stream);
    }));
  for (std::thread& thread : threads) thread.join();
  CHECK(found == expected);
}

TEST_CASE("graphs: runner and session may go before their runs are done") {
  if (!Built()) return;
  const Doubles doubles("", "late=1 seed=1");
  const auto device = OpenDevice("cuda:0");
  const auto stream = device->MakeStream();
  auto session = Session(device);
  for (int i = 0; i < 3; i++) Runner(device, *session).Give(*stream, 0);
  session.reset();
  stream->Synchronise();
}

TEST_CASE("graphs: a provider that refuses them runs the network without, and says why") {
  if (!Built()) return;
  const std::vector<float> expected = OnProcessor(0);
  struct Case {
    const char* settings;
    const char* why;
  };
  for (const Case& each : {Case{"graphs=refused", "as requested by the user"},
                           Case{"graphs=broken", "CUDA failure 900: operation not permitted"}}) {
    CAPTURE(each.settings);
    const Doubles doubles(each.settings);
    const auto device = OpenDevice("cuda:0");
    const auto stream = device->MakeStream();
    const auto session = Session(device);
    Runner runner(device, *session);
    for (int again = 0; again < 2; again++) {
      runner.Give(*stream, 0);
      CHECK(runner.Get(*stream) == expected);
    }
    const bool said = session->warning().find(each.why) != std::string::npos;
    CHECK(said);
    CHECK(CountIn(doubles.log(), "append CUDAExecutionProvider") == 2);
    CHECK(CountIn(doubles.log(), "enable_cuda_graph=1") == 1);
    CHECK(CountIn(doubles.log(), "replay ") == 0);
  }
}

TEST_CASE("graphs: a node on the processor is refused by name, also where graphs were asked for") {
  if (!Built()) return;
  const Doubles doubles("processor=MatMul");
  const auto thrown = ThrownBy([] { Session(OpenDevice("cuda:0")); });
  CHECK(thrown.code == "OPERATOR_UNSUPPORTED");
  const bool named = thrown.message.find("of type MatMul to the processor") != std::string::npos;
  CHECK(named);
}

TEST_CASE("graphs: none of a network with a length that is not fixed, and nothing is said") {
  if (!Built()) return;
  const Doubles doubles;
  const auto device = OpenDevice("cuda:0");
  const auto stream = device->MakeStream();
  const auto session = Session(device, provided::kAudio);
  provided::AudioRun run(device, *session);
  run.Give(*stream, 0, kNeverStopped);
  CHECK(run.Get(*stream) == provided::OnProcessor(0));
  CHECK(session->warning().empty());
  CHECK(CountIn(doubles.log(), "capture ") == 0);
}

TEST_CASE("graphs: TensorRT captures, and the provider behind it does not") {
  if (!Built()) return;
  const Doubles doubles;
  const auto device = OpenDevice("tensorrt:0");
  const auto stream = device->MakeStream();
  const auto session = Session(device);
  Runner runner(device, *session);
  for (int again = 0; again < 2; again++) runner.Give(*stream, 0);
  CHECK(runner.Get(*stream) == OnProcessor(0));
  CHECK(CountIn(doubles.log(), "trt_cuda_graph_enable=1") == 1);
  CHECK(CountIn(doubles.log(), "enable_cuda_graph") == 0);
  CHECK(CountIn(doubles.log(), "capture ") == 1);
}

TEST_CASE("graphs: a run ends soon when its token is stopped, and the session goes on") {
  if (!Built()) return;
  const std::vector<float> expected = OnProcessor(0);
  const Doubles doubles("hold=1");
  const auto device = OpenDevice("cuda:0");
  const auto stream = device->MakeStream();
  const auto session = Session(device);
  Runner runner(device, *session);
  runner.Give(*stream, 0);
  StopToken stop;
  std::thread stopping = StartThread([&] { stop.Stop(); });
  CHECK(ThrownBy([&] { runner.Give(*stream, 0, stop); }).code == "ABORTED");
  stopping.join();
  const Doubles released;
  runner.Give(*stream, 0);
  CHECK(runner.Get(*stream) == expected);
}

// ONNX Runtime captures in CUDA's global mode, in which calls of all threads are refused that have not said
// otherwise.
TEST_CASE("graphs: while a provider captures, other threads allocate") {
  if (!Built()) return;
  const Doubles doubles;
  void* library = ::dlopen(std::getenv("KDTALKER_CUDA"), RTLD_NOW | RTLD_LOCAL);
  const auto begin = reinterpret_cast<void (*)()>(::dlsym(library, "kdtalker_cuda_double_begin_capture"));
  const auto end = reinterpret_cast<int (*)()>(::dlsym(library, "kdtalker_cuda_double_end_capture"));
  const auto device = OpenDevice("cuda:0");
  begin();
  std::string thrown;
  std::thread other =
      StartThread([&] { thrown = ThrownBy([&] { device->Allocate(std::size_t{12345} * 256); }).code; });
  other.join();
  CHECK(end() == 0);
  CHECK(thrown == "nothing");
}

}  // namespace

TEST_SUITE_END();
