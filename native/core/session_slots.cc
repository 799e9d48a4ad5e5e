#include "core/session_slots.h"

#include <string_view>
#include <utility>

#include "core/error.h"

namespace kdtalker {
namespace {

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

Slot MakeSlot(std::string name, const Ort::TypeInfo& info, const std::string& file) {
  if (info.GetONNXType() != ONNX_TYPE_TENSOR) {
    throw Error("PACK_INVALID", "Expected a tensor for '" + name + "' of '" + file +
                                    "' but received ONNX's type " + std::to_string(info.GetONNXType()));
  }
  const auto tensor = info.GetTensorTypeAndShapeInfo();
  const Type type = TypeOf(tensor.GetElementType(), name, file);
  return {std::move(name), type, tensor.GetShape()};
}

}  // namespace

ONNXTensorElementDataType OnnxTypeOf(Type type) {
  switch (type) {
    case Type::kInt64:
      return ONNX_TENSOR_ELEMENT_DATA_TYPE_INT64;
    case Type::kInt32:
      return ONNX_TENSOR_ELEMENT_DATA_TYPE_INT32;
    case Type::kUint8:
      return ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT8;
    case Type::kFloat16:
      return ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT16;
    case Type::kFloat32:
      break;
  }
  return ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT;
}

std::vector<Slot> InputsOf(const Ort::Session& session, const std::string& file) {
  Ort::AllocatorWithDefaultOptions allocator;
  std::vector<Slot> slots;
  for (std::size_t i = 0; i < session.GetInputCount(); i++)
    slots.push_back(
        MakeSlot(session.GetInputNameAllocated(i, allocator).get(), session.GetInputTypeInfo(i), file));
  return slots;
}

std::vector<Slot> OutputsOf(const Ort::Session& session, const std::string& file) {
  Ort::AllocatorWithDefaultOptions allocator;
  std::vector<Slot> slots;
  for (std::size_t i = 0; i < session.GetOutputCount(); i++)
    slots.push_back(
        MakeSlot(session.GetOutputNameAllocated(i, allocator).get(), session.GetOutputTypeInfo(i), file));
  return slots;
}

const char* CodeOfRun(const Ort::Exception& error) {
  const std::string_view message = error.what();
  const bool of_shape =
      message.find("hape") != std::string_view::npos || message.find("dimension") != std::string_view::npos;
  return of_shape ? "PACK_INVALID" : "NATIVE";
}

}  // namespace kdtalker
