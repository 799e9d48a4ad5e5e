// Tensors of the device, bindings, and runs: work of the provider's stream.
#include <cstring>
#include <memory>
#include <string>
#include <thread>
#include <utility>

#include "cuda/double/runtime/runtime.h"

namespace ort_double {
namespace {

const OrtMemoryInfo* Processor() {
  static OrtMemoryInfo* info = [] {
    OrtMemoryInfo* made = nullptr;
    if (Get().real->CreateCpuMemoryInfo(OrtDeviceAllocator, OrtMemTypeDefault, &made) != nullptr)
      End("no memory of the processor");
    return made;
  }();
  return info;
}

OrtStatus* CreateTensor(const OrtMemoryInfo* info, void* data, std::size_t bytes, const std::int64_t* dims,
                        std::size_t rank, ONNXTensorElementDataType type, OrtValue** out) noexcept {
  const char* name = "";
  if (OrtStatus* status = Get().real->MemoryInfoGetName(info, &name)) return status;
  if (std::strcmp(name, "Cuda") != 0)
    return Get().real->CreateTensorWithDataAsOrtValue(info, data, bytes, dims, rank, type, out);
  void* view = View(data, bytes);
  if (view == nullptr) End("a tensor of the GPU that is not in its memory");
  return Get().real->CreateTensorWithDataAsOrtValue(Processor(), view, bytes, dims, rank, type, out);
}

OrtStatus* CreateBinding(OrtSession* session, OrtIoBinding** out) noexcept {
  OrtStatus* status = Get().real->CreateIoBinding(session, out);
  const Lock lock;
  if (status == nullptr && Get().sessions.count(session) != 0) Get().bindings[*out].session = session;
  return status;
}

void ReleaseBinding(OrtIoBinding* binding) noexcept {
  {
    const Lock lock;
    Get().bindings.erase(binding);
  }
  Get().real->ReleaseIoBinding(binding);
}

Bound BoundOf(const char* name, const OrtValue* value) {
  Bound bound{name, nullptr, 0, {}, ONNX_TENSOR_ELEMENT_DATA_TYPE_UNDEFINED};
  OrtTensorTypeAndShapeInfo* shape = nullptr;
  std::size_t rank = 0;
  const OrtApi& real = *Get().real;
  if (real.GetTensorTypeAndShape(value, &shape) != nullptr) End("a value that is no tensor");
  const bool known = real.GetTensorElementType(shape, &bound.type) == nullptr &&
                     real.GetDimensionsCount(shape, &rank) == nullptr;
  bound.dims.resize(rank);
  if (!known || real.GetDimensions(shape, bound.dims.data(), rank) != nullptr ||
      real.GetTensorMutableData(const_cast<OrtValue*>(value), &bound.data) != nullptr ||
      real.GetTensorSizeInBytes(value, &bound.bytes) != nullptr)
    End("a tensor that cannot be read");
  real.ReleaseTensorTypeAndShapeInfo(shape);
  return bound;
}

void Put(std::vector<Bound>& all, Bound bound) {
  for (Bound& each : all) {
    if (each.name == bound.name) {
      each = std::move(bound);
      return;
    }
  }
  all.push_back(std::move(bound));
}

// False if the binding is of an ordinary session.
bool Keep(const OrtIoBinding* binding, const char* name, const OrtValue* value,
          std::vector<Bound> Bindings::* where) {
  {
    const Lock lock;
    if (Get().bindings.count(binding) == 0) return false;
  }
  Bound bound = BoundOf(name, value);
  const Lock lock;
  Put(Get().bindings.at(binding).*where, std::move(bound));
  return true;
}

OrtStatus* BindInput(OrtIoBinding* binding, const char* name, const OrtValue* value) noexcept {
  if (Keep(binding, name, value, &Bindings::inputs)) return nullptr;
  return Get().real->BindInput(binding, name, value);
}

OrtStatus* BindOutput(OrtIoBinding* binding, const char* name, const OrtValue* value) noexcept {
  if (Keep(binding, name, value, &Bindings::outputs)) return nullptr;
  return Get().real->BindOutput(binding, name, value);
}

struct Job {
  Session* session;
  Bindings bound;
};

std::vector<OrtValue*> ValuesOver(const std::vector<Bound>& all) {
  std::vector<OrtValue*> values;
  for (const Bound& each : all) {
    OrtValue* value = nullptr;
    if (Get().real->CreateTensorWithDataAsOrtValue(Processor(), each.data, each.bytes, each.dims.data(),
                                                   each.dims.size(), each.type, &value) != nullptr)
      End("no tensor over the device's memory");
    values.push_back(value);
  }
  return values;
}

std::vector<const char*> NamesOf(const std::vector<Bound>& all) {
  std::vector<const char*> names;
  for (const Bound& each : all) names.push_back(each.name.c_str());
  return names;
}

void Work(void* argument) {
  const std::unique_ptr<Job> job(static_cast<Job*>(argument));
  const auto& [session, inputs, outputs] = job->bound;
  Touch(inputs, outputs);
  std::vector<OrtValue*> in = ValuesOver(inputs), out = ValuesOver(outputs);
  const auto in_names = NamesOf(inputs), out_names = NamesOf(outputs);
  OrtStatus* status = Get().real->Run(session, nullptr, in_names.data(), in.data(), in.size(),
                                      out_names.data(), out.size(), out.data());
  if (status != nullptr) End(Get().real->GetErrorMessage(status));
  for (OrtValue* value : in) Get().real->ReleaseValue(value);
  for (OrtValue* value : out) Get().real->ReleaseValue(value);
  job->session->pending.fetch_sub(1, std::memory_order_relaxed);
}

bool IsEnding(const OrtRunOptions* options) {
  const Lock lock;
  return Get().ending[options];
}

// A run that takes long is told to end; it is what a setting asks for.
bool Held(const OrtRunOptions* options) {
  bool held = false;
  {
    const Lock lock;
    held = Get().settings.hold >= 0 && Get().runs++ >= Get().settings.hold;
  }
  while (held && !IsEnding(options)) std::this_thread::yield();
  return IsEnding(options);
}

OrtStatus* RunBound(OrtSession* session, const OrtRunOptions* options, const OrtIoBinding* binding) noexcept {
  Session* found = nullptr;
  {
    const Lock lock;
    const auto each = Get().sessions.find(session);
    if (each != Get().sessions.end()) found = &each->second;
  }
  if (found == nullptr) return Get().real->RunWithBinding(session, options, binding);
  if (Held(options)) return Fail("Exiting due to terminate flag being set to true.");
  auto job = std::make_unique<Job>();
  {
    const Lock lock;
    *job = {found, Get().bindings.at(binding)};
  }
  found->pending.fetch_add(1, std::memory_order_relaxed);
  const int error = Submit(found->providers.front().stream, &Work, job.get());
  if (error == 0) {
    job.release();
    return nullptr;
  }
  found->pending.fetch_sub(1, std::memory_order_relaxed);
  return Fail("CUDA failure " + std::to_string(error) + ": an error of the double");
}

OrtStatus* SetTerminate(OrtRunOptions* options) noexcept {
  const Lock lock;
  Get().ending[options] = true;
  return Get().real->RunOptionsSetTerminate(options);
}

OrtStatus* UnsetTerminate(OrtRunOptions* options) noexcept {
  const Lock lock;
  Get().ending[options] = false;
  return Get().real->RunOptionsUnsetTerminate(options);
}

}  // namespace

void AddRuns(OrtApi& api) {
  api.CreateTensorWithDataAsOrtValue = &CreateTensor;
  api.CreateIoBinding = &CreateBinding;
  api.ReleaseIoBinding = &ReleaseBinding;
  api.BindInput = &BindInput;
  api.BindOutput = &BindOutput;
  api.RunWithBinding = &RunBound;
  api.RunOptionsSetTerminate = &SetTerminate;
  api.RunOptionsUnsetTerminate = &UnsetTerminate;
}

}  // namespace ort_double
