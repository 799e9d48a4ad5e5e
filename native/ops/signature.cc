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

bool Fits(const Signature& signature, const std::vector<Element>& types) {
  if (types.size() > signature.input_count) return false;
  return std::equal(types.begin(), types.end(), signature.inputs, [](Element given, Element wanted) {
    return given == ONNX_TENSOR_ELEMENT_DATA_TYPE_UNDEFINED || given == wanted;
  });
}

std::vector<Element> InputTypes(const Shapes& shapes) {
  std::vector<Element> types(shapes.InputCount());
  for (std::size_t i = 0; i < types.size(); i++) types[i] = shapes.TypeOf(i);
  return types;
}

}  // namespace

void Signature::Add(const Signature& signature) {
  const std::lock_guard lock(All().mutex);
  All().signatures.push_back(signature);
}

void InferOutput(const char* name, Shapes shapes) {
  const std::vector<Element> types = InputTypes(shapes);
  const std::lock_guard lock(All().mutex);
  for (const Signature& signature : All().signatures) {
    if (std::string_view(signature.name) != name || !Fits(signature, types)) continue;
    const Dims dims = signature.infer(shapes);
    if (!dims.empty()) shapes.SetOutput(dims, signature.output);
    return;
  }
}

}  // namespace kdtalker::ops
