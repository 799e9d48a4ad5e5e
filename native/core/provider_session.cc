#include "core/provider_session.h"

#include <exception>
#include <utility>

#include "core/cuda_device.h"
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

}  // namespace

ProviderSession::ProviderSession(std::shared_ptr<Runtime> runtime, std::shared_ptr<Device> device,
                                 const std::string& file, Provider provider, const std::string& cache)
    : Program(file),
      runtime_(std::move(runtime)),
      device_(std::move(device)),
      stream_(device_->MakeStream()),
      session_(Load(provider, cache)) {
  placement_.Check(session_, file_, std::string(device_->name()));
  inputs_ = InputsOf(session_, file_);
  outputs_ = OutputsOf(session_, file_);
}

// The provider may use the stream until its session is gone; what it was given must be done before.
ProviderSession::~ProviderSession() {
  try {
    stream_->Synchronise();
  } catch (const std::exception&) {
    // Of a GPU that is lost; whoever waited for its streams was told.
  }
  session_ = Ort::Session(nullptr);
}

Ort::Session ProviderSession::Load(Provider provider, const std::string& cache) {
  const std::string device(device_->name());
  Ort::SessionOptions options = MakeOptions();
  placement_.Watch(options);
  AppendProvider(*runtime_, options, {provider, device, stream_->Handle(), cache});
  try {
    return Ort::Session(runtime_->env(), file_.c_str(), options);
  } catch (const Ort::Exception& error) {
    throw ProviderError(error, device, "the network '" + file_ + "'", "PACK_DAMAGED");
  }
}

std::unique_ptr<Binding> ProviderSession::MakeBinding() {
  return std::make_unique<ProviderBinding>(std::static_pointer_cast<ProviderSession>(shared_from_this()));
}

ProviderBinding::ProviderBinding(const std::shared_ptr<ProviderSession>& session)
    : Binding(session),
      session_(*session),
      binding_(session_.session_),
      before_(session_.device_->MakeEvent()),
      after_(session_.device_->MakeEvent()) {
  // The work is given, and nobody waits for it: the stream has the order.
  options_.AddConfigEntry("disable_synchronize_execution_providers", "1");
}

Ort::Value ProviderBinding::ValueOver(const Tensor& tensor) const {
  const Ort::MemoryInfo memory("Cuda", OrtDeviceAllocator, GpuNumberOf(session_.device_->name()),
                               OrtMemTypeDefault);
  return Ort::Value::CreateTensor(memory, tensor.address(), tensor.bytes(), tensor.dims().data(),
                                  tensor.dims().size(), OnnxTypeOf(tensor.type()));
}

void ProviderBinding::BindInput(const std::string& name, const Tensor& tensor) {
  binding_.BindInput(name.c_str(), ValueOver(tensor));
}

void ProviderBinding::BindOutput(const std::string& name, const Tensor& tensor) {
  binding_.BindOutput(name.c_str(), ValueOver(tensor));
}

// Of the C interface, because that of C++ throws.
void ProviderBinding::EndSoon() noexcept {
  if (OrtStatus* status = Ort::GetApi().RunOptionsSetTerminate(options_)) Ort::GetApi().ReleaseStatus(status);
}

// What a run that failed gave before uses the tensors too, so that the caller's stream waits in any case.
void ProviderBinding::Run(Stream& stream, const StopToken& stop) {
  stop.ThrowIfStopped();
  stream.Record(*before_);
  std::exception_ptr failure;
  {
    const std::lock_guard lock(session_.mutex_);
    session_.stream_->Wait(*before_);
    try {
      Give(stop);
    } catch (...) {
      failure = std::current_exception();
    }
    session_.stream_->Record(*after_);
  }
  stream.Wait(*after_);
  if (failure) std::rethrow_exception(failure);
}

void ProviderBinding::Give(const StopToken& stop) {
  options_.UnsetTerminate();
  const StopToken::Running running(stop, *this);
  try {
    session_.session_.Run(options_, binding_);
  } catch (const Ort::Exception& error) {
    stop.ThrowIfStopped();
    throw ProviderError(error, std::string(session_.device_->name()), "a run of '" + session_.file() + "'",
                        CodeOfRun(error));
  }
}

}  // namespace kdtalker
