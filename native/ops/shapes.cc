#include "ops/shapes.h"

#include <algorithm>
#include <memory>

namespace kdtalker::ops {

std::size_t Shapes::InputCount() const {
  std::size_t count = 0;
  Ort::ThrowOnError(Ort::GetApi().ShapeInferContext_GetInputCount(context_, &count));
  return count;
}

// Null if the input is left out.
const OrtTensorTypeAndShapeInfo* Shapes::InfoOf(std::size_t input) const {
  OrtTensorTypeAndShapeInfo* info = nullptr;
  const Ort::Status status(Ort::GetApi().ShapeInferContext_GetInputTypeShape(context_, input, &info));
  return status.IsOK() ? info : nullptr;
}

Element Shapes::TypeOf(std::size_t input) const {
  Element type = ONNX_TENSOR_ELEMENT_DATA_TYPE_UNDEFINED;
  if (const auto* info = InfoOf(input)) Ort::ThrowOnError(Ort::GetApi().GetTensorElementType(info, &type));
  return type;
}

Dims Shapes::DimsOf(std::size_t input) const {
  const auto* info = InfoOf(input);
  if (info == nullptr) return {};
  std::size_t rank = 0;
  Ort::ThrowOnError(Ort::GetApi().GetDimensionsCount(info, &rank));
  Dims dims(rank);
  Ort::ThrowOnError(Ort::GetApi().GetDimensions(info, dims.data(), rank));
  const bool fixed = std::all_of(dims.begin(), dims.end(), [](std::int64_t dim) { return dim >= 0; });
  return fixed ? dims : Dims{};
}

std::int64_t Shapes::Attribute(const char* name) const {
  const OrtOpAttr* attribute = nullptr;
  Ort::ThrowOnError(Ort::GetApi().ShapeInferContext_GetAttribute(context_, name, &attribute));
  std::int64_t value = 0;
  std::size_t bytes = 0;
  Ort::ThrowOnError(Ort::GetApi().ReadOpAttr(attribute, ORT_OP_ATTR_INT, &value, sizeof(value), &bytes));
  return value;
}

void Shapes::SetOutput(const Dims& dims, Element type) {
  const auto& api = Ort::GetApi();
  OrtTensorTypeAndShapeInfo* made = nullptr;
  Ort::ThrowOnError(api.CreateTensorTypeAndShapeInfo(&made));
  const std::unique_ptr<OrtTensorTypeAndShapeInfo, decltype(api.ReleaseTensorTypeAndShapeInfo)> info(
      made, api.ReleaseTensorTypeAndShapeInfo);
  Ort::ThrowOnError(api.SetTensorElementType(info.get(), type));
  Ort::ThrowOnError(api.SetDimensions(info.get(), dims.data(), dims.size()));
  std::vector<const char*> no_names(dims.size(), "");
  Ort::ThrowOnError(api.SetSymbolicDimensions(info.get(), no_names.data(), no_names.size()));
  Ort::ThrowOnError(api.ShapeInferContext_SetOutputTypeShape(context_, 0, info.get()));
}

}  // namespace kdtalker::ops
