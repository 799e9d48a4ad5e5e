#include "core/provider_session.h"

#include <algorithm>
#include <exception>
#include <utility>

#include "core/error.h"
#include "core/session_slots.h"

namespace kdtalker {
namespace {

Ort::SessionOptions MakeOptions() {
  Ort::SessionOptions options;
  options.SetIntraOpNumThreads(1);
  options.SetInterOpNumThreads(1);
  options.SetGraphOptimizationLevel(ORT_ENABLE_ALL);
  return options;
}

bool IsFixed(const Slot& slot) {
  return std::all_of(slot.dims.begin(), slot.dims.end(), [](std::int64_t dim) { return dim >= 0; });
}

std::string SentenceOf(const Ort::Exception& error) {
  std::string said = error.what();
  said.erase(said.find_last_not_of(" .\n") + 1);
  return said;
}

}  // namespace

ProviderSession::ProviderSession(std::shared_ptr<Runtime> runtime, std::shared_ptr<Device> device,
                                 const std::string& file, ProviderUse use)
    : Program(file),
      runtime_(std::move(runtime)),
      device_(std::move(device)),
      use_(std::move(use)),
      session_(nullptr) {
  Load();
  inputs_ = InputsOf(session_, file_);
  outputs_ = OutputsOf(session_, file_);
  if (use_.graphs && !HasFixedLengths()) LoadWithoutGraphs("");
  if (!use_.graphs) return;
  captured_ = std::make_unique<CapturedRuns>(device_, inputs_, outputs_);
  captured_->Bind(session_);
}

// The provider may use the stream until its session is gone; what it was given must be done before.
ProviderSession::~ProviderSession() {
  Close();
}

void ProviderSession::Close() noexcept {
  try {
    if (stream_) stream_->Synchronise();
  } catch (const std::exception&) {
    // Of a GPU that is lost, or of a capture that failed; whoever waited for its streams was told.
  }
  if (captured_) captured_->Unbind();
  session_ = Ort::Session(nullptr);
}

void ProviderSession::Load() {
  try {
    session_ = Opened();
  } catch (const Ort::Exception& error) {
    if (!use_.graphs || !IsOfCapture(error))
      throw ProviderError(error, std::string(device_->name()), "the network '" + file_ + "'", "PACK_DAMAGED");
    return LoadWithoutGraphs(SentenceOf(error));
  }
  placement_->Check(session_, file_, std::string(device_->name()));
}

// In another stream: a capture that failed leaves its own useless.
void ProviderSession::LoadWithoutGraphs(const std::string& why) {
  Close();
  use_.graphs = false;
  {
    const std::lock_guard lock(refusal_mutex_);
    refusal_ = why;
  }
  Load();
  if (captured_) captured_->Bind(session_);
}

Ort::Session ProviderSession::Opened() {
  stream_ = device_->MakeStream();
  placement_ = std::make_unique<Placement>();
  Ort::SessionOptions options = MakeOptions();
  placement_->Watch(options);
  AppendProvider(*runtime_, options, {use_, std::string(device_->name()), stream_->Handle()});
  return Ort::Session(runtime_->env(), file_.c_str(), options);
}

bool ProviderSession::HasFixedLengths() const {
  return std::all_of(inputs_.begin(), inputs_.end(), IsFixed) &&
         std::all_of(outputs_.begin(), outputs_.end(), IsFixed);
}

std::string ProviderSession::warning() const {
  const std::lock_guard lock(refusal_mutex_);
  return refusal_.empty() ? "" : "'" + file_ + "': " + refusal_;
}

std::unique_ptr<Binding> ProviderSession::MakeBinding() {
  const auto self = std::static_pointer_cast<ProviderSession>(shared_from_this());
  if (captured_) return std::make_unique<CapturedBinding>(self);
  return std::make_unique<DirectBinding>(self);
}

ProviderBinding::ProviderBinding(const std::shared_ptr<ProviderSession>& session)
    : Binding(session),
      session_(*session),
      before_(session_.device_->MakeEvent()),
      after_(session_.device_->MakeEvent()) {
  // The work is given, and nobody waits for it: the stream has the order.
  options_.AddConfigEntry("disable_synchronize_execution_providers", "1");
}

// Of the C interface, because that of C++ throws.
void ProviderBinding::EndSoon() noexcept {
  if (OrtStatus* status = Ort::GetApi().RunOptionsSetTerminate(options_)) Ort::GetApi().ReleaseStatus(status);
}

// A caller's stream that has failed is not waited for: the session's would fail with it, for all callers.
// What a run that failed gave before uses the tensors too, so that the caller's stream waits in any case.
void ProviderBinding::Run(Stream& stream, const StopToken& stop) {
  stop.ThrowIfStopped();
  stream.ThrowIfFailed();
  stream.Record(*before_);
  std::exception_ptr failure;
  {
    const std::lock_guard lock(session_.mutex_);
    try {
      Give(stop);
    } catch (...) {
      failure = std::current_exception();
    }
    End();
  }
  stream.Wait(*after_);
  if (failure) std::rethrow_exception(failure);
}

void ProviderBinding::Begin() {
  session_.stream_->Wait(*before_);
}

void ProviderBinding::End() {
  session_.stream_->Record(*after_);
}

void ProviderBinding::RunOver(const Ort::IoBinding& binding, const StopToken& stop) {
  options_.UnsetTerminate();
  const StopToken::Running running(stop, *this);
  try {
    session_.session_.Run(options_, binding);
  } catch (const Ort::Exception&) {
    stop.ThrowIfStopped();
    throw;
  }
}

Error ProviderBinding::ErrorOf(const Ort::Exception& error) const {
  return ProviderError(error, std::string(session_.device_->name()), "a run of '" + session_.file() + "'",
                       CodeOfRun(error));
}

DirectBinding::DirectBinding(const std::shared_ptr<ProviderSession>& session)
    : ProviderBinding(session), binding_(session_.session_) {}

void DirectBinding::BindInput(const std::string& name, const Tensor& tensor) {
  binding_.BindInput(name.c_str(), OnGpu(tensor));
}

void DirectBinding::BindOutput(const std::string& name, const Tensor& tensor) {
  binding_.BindOutput(name.c_str(), OnGpu(tensor));
}

void DirectBinding::Give(const StopToken& stop) {
  Begin();
  try {
    RunOver(binding_, stop);
  } catch (const Ort::Exception& error) {
    throw ErrorOf(error);
  }
}

void CapturedBinding::BindInput(const std::string& name, const Tensor& tensor) {
  in_[name] = {session_.captured_->tensor(name).address(), tensor.address(), tensor.bytes()};
}

void CapturedBinding::BindOutput(const std::string& name, const Tensor& tensor) {
  out_[name] = {tensor.address(), session_.captured_->tensor(name).address(), tensor.bytes()};
}

void CapturedBinding::Give(const StopToken& stop) {
  session_.captured_->thread().Call([&] {
    try {
      GiveOrReload(stop);
    } catch (const Ort::Exception& error) {
      throw ErrorOf(error);
    }
  });
}

void CapturedBinding::GiveOrReload(const StopToken& stop) {
  try {
    return GiveOnce(stop);
  } catch (const Ort::Exception& error) {
    if (!session_.use_.graphs || !IsOfCapture(error)) throw;
    session_.LoadWithoutGraphs(SentenceOf(error));
  }
  GiveOnce(stop);
}

void CapturedBinding::GiveOnce(const StopToken& stop) {
  Begin();
  const auto copy = [this](const CapturedRuns::Copies& copies) {
    for (const auto& [name, each] : copies) session_.stream_->Copy(each.to, each.from, each.bytes);
  };
  copy(in_);
  RunOver(session_.captured_->binding(), stop);
  copy(out_);
}

// In the thread that gave the run: a stream is one thread's at a time.
void CapturedBinding::End() {
  session_.captured_->thread().Call([this] { ProviderBinding::End(); });
}

}  // namespace kdtalker
