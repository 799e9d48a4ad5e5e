#include "core/session.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "core/error.h"

namespace kdtalker {
namespace {

Ort::SessionOptions MakeOptions(SessionThreads& threads, bool brief) {
  Ort::SessionOptions options;
  threads.GiveTo(options);
  options.SetInterOpNumThreads(1);
  options.SetGraphOptimizationLevel(brief ? ORT_ENABLE_EXTENDED : ORT_ENABLE_ALL);
  options.SetLogSeverityLevel(ORT_LOGGING_LEVEL_FATAL);
  // Spinning threads would occupy cores that the encoder and other clips need.
  options.AddConfigEntry("session.intra_op.allow_spinning", "0");
  options.AddConfigEntry("session.use_env_allocators", "1");
  // A memory pattern would allocate another block besides those of the first run, which the arena keeps.
  options.DisableMemPattern();
  return options;
}

Ort::Session Load(Runtime& runtime, const std::string& file, SessionThreads& threads, bool brief) {
  try {
    Ort::SessionOptions options = MakeOptions(threads, brief);
    runtime.AddDomainsTo(options);
    return Ort::Session(runtime.env(), file.c_str(), options);
  } catch (const Ort::Exception& error) {
    throw Error("PACK_DAMAGED",
                "Expected an ONNX graph in '" + file + "' but ONNX Runtime said: " + error.what());
  }
}

Type TypeOf(ONNXTensorElementDataType type, const std::string& name, const std::string& file) {
  switch (type) {
    case ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT:
      return Type::kFloat32;
    case ONNX_TENSOR_ELEMENT_DATA_TYPE_INT64:
      return Type::kInt64;
    case ONNX_TENSOR_ELEMENT_DATA_TYPE_INT32:
      return Type::kInt32;
    case ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT8:
      return Type::kUint8;
    default:
      throw Error("PACK_INVALID", "Expected float32, int64, int32 or uint8 for tensor '" + name + "' of '" +
                                      file + "' but received element type " + std::to_string(type));
  }
}

ONNXTensorElementDataType OnnxTypeOf(Type type) {
  switch (type) {
    case Type::kInt64:
      return ONNX_TENSOR_ELEMENT_DATA_TYPE_INT64;
    case Type::kInt32:
      return ONNX_TENSOR_ELEMENT_DATA_TYPE_INT32;
    case Type::kUint8:
      return ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT8;
    case Type::kFloat32:
      break;
  }
  return ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT;
}

Slot MakeSlot(std::string name, const Ort::TypeInfo& info, const std::string& file) {
  if (info.GetONNXType() != ONNX_TYPE_TENSOR) {
    throw Error("PACK_INVALID", "Expected a tensor for '" + name + "' of '" + file +
                                    "' but received ONNX's type " + std::to_string(info.GetONNXType()));
  }
  const auto tensor = info.GetTensorTypeAndShapeInfo();
  const Type type = TypeOf(tensor.GetElementType(), name, file);
  return {std::move(name), type, tensor.GetShape()};
}

const Slot& Find(const std::vector<Slot>& slots, const std::string& name, const std::string& file) {
  const auto found =
      std::find_if(slots.begin(), slots.end(), [&](const Slot& slot) { return slot.name == name; });
  if (found != slots.end()) return *found;
  std::string names;
  for (const Slot& slot : slots) names += (names.empty() ? "" : ", ") + slot.name;
  throw Error("PACK_INVALID", "Expected tensor '" + name + "' in '" + file + "' but it has " + names);
}

// Wrong lengths that only a run can find are the graph's fault; other failures are not.
const char* CodeOf(const Ort::Exception& error) {
  const std::string_view message = error.what();
  const bool of_shape =
      message.find("hape") != std::string_view::npos || message.find("dimension") != std::string_view::npos;
  return of_shape ? "PACK_INVALID" : "NATIVE";
}

void CheckBound(const Slot& slot, const Tensor& tensor, const std::string& file) {
  if (slot.Takes(tensor.type(), tensor.dims())) return;
  throw Error("PACK_INVALID", std::string("Expected ") + TypeName(tensor.type()) + " " +
                                  DimsToText(tensor.dims()) + " for tensor '" + slot.name + "' of '" + file +
                                  "' but received " + slot.text());
}

}  // namespace

bool Slot::Takes(Type given, const std::vector<std::int64_t>& lengths) const {
  return type == given &&
         std::equal(dims.begin(), dims.end(), lengths.begin(), lengths.end(),
                    [](std::int64_t wanted, std::int64_t length) { return wanted < 0 || wanted == length; });
}

std::string Slot::text() const {
  return std::string(TypeName(type)) + " " + DimsToText(dims);
}

Session::Session(std::shared_ptr<Runtime> runtime, const std::string& file, int threads, bool brief)
    : runtime_(std::move(runtime)),
      file_(file),
      threads_(threads - 1),
      session_(Load(*runtime_, file, threads_, brief)) {
  Ort::AllocatorWithDefaultOptions allocator;
  for (std::size_t i = 0; i < session_.GetInputCount(); i++) {
    inputs_.push_back(
        MakeSlot(session_.GetInputNameAllocated(i, allocator).get(), session_.GetInputTypeInfo(i), file_));
  }
  for (std::size_t i = 0; i < session_.GetOutputCount(); i++) {
    outputs_.push_back(
        MakeSlot(session_.GetOutputNameAllocated(i, allocator).get(), session_.GetOutputTypeInfo(i), file_));
  }
}

Session::~Session() {
  session_ = Ort::Session(nullptr);
  runtime_->ShrinkArena();
}

const Slot& Session::input(const std::string& name) const {
  return Find(inputs_, name, file_);
}
const Slot& Session::output(const std::string& name) const {
  return Find(outputs_, name, file_);
}

void StopToken::Stop() {
  stopped_.store(true, std::memory_order_relaxed);
  options_.SetTerminate();
}

void StopToken::ThrowIfStopped() const {
  if (stopped()) throw Error("ABORTED", "The work was stopped");
}

Ort::Value ValueOver(const Tensor& tensor) {
  const Ort::MemoryInfo memory = Ort::MemoryInfo::CreateCpu(OrtDeviceAllocator, OrtMemTypeDefault);
  return Ort::Value::CreateTensor(memory, tensor.device().Resolve(tensor.address()), tensor.bytes(),
                                  tensor.dims().data(), tensor.dims().size(), OnnxTypeOf(tensor.type()));
}

Binding::Binding(std::shared_ptr<Session> session)
    : session_(std::move(session)), binding_(session_->handle()) {}

Binding& Binding::Input(const std::string& name, const Tensor& tensor) {
  CheckBound(session_->input(name), tensor, session_->file());
  binding_.BindInput(name.c_str(), ValueOver(tensor));
  return *this;
}

Binding& Binding::Output(const std::string& name, const Tensor& tensor) {
  CheckBound(session_->output(name), tensor, session_->file());
  binding_.BindOutput(name.c_str(), ValueOver(tensor));
  return *this;
}

void Binding::Run(const StopToken& stop) {
  stop.ThrowIfStopped();
  try {
    session_->handle().Run(stop.run_options(), binding_);
  } catch (const Ort::Exception& error) {
    stop.ThrowIfStopped();
    throw Error(CodeOf(error),
                "Expected '" + session_->file() + "' to run but ONNX Runtime said: " + error.what());
  }
}

}  // namespace kdtalker
