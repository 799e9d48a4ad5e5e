#include <algorithm>
#include <mutex>
#include <string_view>

#include "ops/op.h"

namespace kdtalker::ops {
namespace {

struct Known {
  std::mutex mutex;
  std::vector<Signature> signatures;
};

Known& All() {
  static Known known;
  return known;
}

// The element type of an input; undefined where the input is left out.
Element TypeOf(OrtShapeInferContext* context, std::size_t index) {
  OrtTensorTypeAndShapeInfo* info = nullptr;
  Element type = ONNX_TENSOR_ELEMENT_DATA_TYPE_UNDEFINED;
  const Ort::Status status(Ort::GetApi().ShapeInferContext_GetInputTypeShape(context, index, &info));
  if (!status.IsOK() || info == nullptr) return type;
  Ort::ThrowOnError(Ort::GetApi().GetTensorElementType(info, &type));
  return type;
}

bool Fits(const Signature& signature, const std::vector<Element>& types) {
  if (types.size() > signature.input_count) return false;
  return std::equal(types.begin(), types.end(), signature.inputs, [](Element given, Element wanted) {
    return given == ONNX_TENSOR_ELEMENT_DATA_TYPE_UNDEFINED || given == wanted;
  });
}

std::vector<Element> InputTypes(OrtShapeInferContext* context) {
  std::size_t count = 0;
  Ort::ThrowOnError(Ort::GetApi().ShapeInferContext_GetInputCount(context, &count));
  std::vector<Element> types;
  for (std::size_t i = 0; i < count; i++) types.push_back(TypeOf(context, i));
  return types;
}

}  // namespace

void Signature::Add(const Signature& signature) {
  const std::lock_guard lock(All().mutex);
  All().signatures.push_back(signature);
}

void InferOutput(const char* name, OrtShapeInferContext* context) {
  const std::vector<Element> types = InputTypes(context);
  const std::lock_guard lock(All().mutex);
  for (const Signature& signature : All().signatures) {
    if (std::string_view(signature.name) != name || !Fits(signature, types)) continue;
    Shapes shapes(&Ort::GetApi(), context);
    const Dims dims = signature.infer(shapes);
    if (dims.empty()) return;
    Shapes::Shape shape;
    for (const std::int64_t dim : dims) shape.emplace_back(dim);
    Ort::ThrowOnError(shapes.SetOutputShape(0, shape, signature.output).release());
    return;
  }
}

}  // namespace kdtalker::ops
