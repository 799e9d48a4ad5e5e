// Tensors of the device, and bindings.
#include <cstring>
#include <string>
#include <utility>

#include "cuda/double/runtime/runtime.h"

namespace ort_double {
namespace {

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

}  // namespace

const OrtMemoryInfo* Processor() {
  static OrtMemoryInfo* info = [] {
    OrtMemoryInfo* made = nullptr;
    if (Get().real->CreateCpuMemoryInfo(OrtDeviceAllocator, OrtMemTypeDefault, &made) != nullptr)
      End("no memory of the processor");
    return made;
  }();
  return info;
}

void AddBindings(OrtApi& api) {
  api.CreateTensorWithDataAsOrtValue = &CreateTensor;
  api.CreateIoBinding = &CreateBinding;
  api.ReleaseIoBinding = &ReleaseBinding;
  api.BindInput = &BindInput;
  api.BindOutput = &BindOutput;
}

}  // namespace ort_double
