#include "core/session.h"

#include <cstdint>
#include <filesystem>
#include <system_error>
#include <utility>

#include "core/error.h"
#include "core/session_slots.h"

namespace kdtalker {
namespace {

// Bytes of a file below which a network is small.
constexpr std::uintmax_t kSmall = 1 << 20;

// True if the file is so small that asking for memory takes a good part of its run. False if it cannot be
// read.
bool Small(const std::string& file) {
  std::error_code failed;
  const std::uintmax_t bytes = std::filesystem::file_size(file, failed);
  return !failed && bytes < kSmall;
}

// Of a network that runs often, where `patterned`: from its second run on one block of memory holds every
// value of the run, at places found in the first. Otherwise each value is asked for when it is made, since
// the block would come on top of the memory of the first run, which the arena keeps.
Ort::SessionOptions MakeOptions(SessionThreads* threads, bool brief, bool patterned) {
  Ort::SessionOptions options;
  if (threads != nullptr) {
    threads->GiveTo(options);
  } else {
    options.DisablePerSessionThreads();
  }
  options.SetInterOpNumThreads(1);
  options.SetGraphOptimizationLevel(brief ? ORT_ENABLE_EXTENDED : ORT_ENABLE_ALL);
  options.SetLogSeverityLevel(ORT_LOGGING_LEVEL_FATAL);
  // Spinning threads would occupy cores that the encoder and other clips need.
  options.AddConfigEntry("session.intra_op.allow_spinning", "0");
  options.AddConfigEntry("session.use_env_allocators", "1");
  if (!patterned) options.DisableMemPattern();
  return options;
}

Ort::Session Load(Runtime& runtime, const std::string& file, SessionThreads* threads, bool brief) {
  try {
    Ort::SessionOptions options = MakeOptions(threads, brief, !brief && Small(file));
    return runtime.LoadWithDomains(file, options);
  } catch (const Ort::Exception& error) {
    throw Error("PACK_DAMAGED",
                "Expected an ONNX graph in '" + file + "' but ONNX Runtime said: " + error.what());
  }
}

}  // namespace

Session::Session(std::shared_ptr<Runtime> runtime, const std::string& file, int threads, bool brief)
    : Program(file),
      runtime_(std::move(runtime)),
      threads_(runtime_->Shares(threads) ? nullptr : std::make_unique<SessionThreads>(threads - 1)),
      session_(Load(*runtime_, file, threads_.get(), brief)) {
  inputs_ = InputsOf(session_, file_);
  outputs_ = OutputsOf(session_, file_);
}

Session::~Session() {
  session_ = Ort::Session(nullptr);
  runtime_->ShrinkArena();
}

Ort::Value ValueOver(const Tensor& tensor) {
  const Ort::MemoryInfo memory = Ort::MemoryInfo::CreateCpu(OrtDeviceAllocator, OrtMemTypeDefault);
  return Ort::Value::CreateTensor(memory, tensor.device().Resolve(tensor.address()), tensor.bytes(),
                                  tensor.dims().data(), tensor.dims().size(), OnnxTypeOf(tensor.type()));
}

std::unique_ptr<Binding> Session::MakeBinding() {
  return std::make_unique<SessionBinding>(std::static_pointer_cast<Session>(shared_from_this()));
}

SessionBinding::SessionBinding(const std::shared_ptr<Session>& session)
    : Binding(session), session_(*session), binding_(session_.handle()) {}

SessionBinding::~SessionBinding() {
  if (ran_on_) ran_on_->Drain();
}

// Of the C interface, because that of C++ throws.
void SessionBinding::EndSoon() noexcept {
  if (OrtStatus* status = Ort::GetApi().RunOptionsSetTerminate(options_)) Ort::GetApi().ReleaseStatus(status);
}

void SessionBinding::BindInput(const std::string& name, const Tensor& tensor) {
  binding_.BindInput(name.c_str(), ValueOver(tensor));
}

void SessionBinding::BindOutput(const std::string& name, const Tensor& tensor) {
  binding_.BindOutput(name.c_str(), ValueOver(tensor));
}

void SessionBinding::Run(Stream& stream, const StopToken& stop) {
  stop.ThrowIfStopped();
  if (ran_on_ != stream.shared_device()) ran_on_ = stream.shared_device();
  stream.OnHost([this, &stop] { RunInStream(stop); });
}

void SessionBinding::RunInStream(const StopToken& stop) {
  stop.ThrowIfStopped();
  options_.UnsetTerminate();
  const StopToken::Running running(stop, *this);
  try {
    session_.handle().Run(options_, binding_);
  } catch (const Ort::Exception& error) {
    stop.ThrowIfStopped();
    throw Error(CodeOfRun(error),
                "Expected '" + session_.file() + "' to run but ONNX Runtime said: " + error.what());
  }
}

}  // namespace kdtalker
