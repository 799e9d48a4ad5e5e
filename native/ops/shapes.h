#pragma once

#include <onnxruntime_cxx_api.h>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace kdtalker::ops {

using Element = ONNXTensorElementDataType;
using Dims = std::vector<std::int64_t>;

// What is known of an operator's inputs and attributes when ONNX Runtime infers a graph's shapes. The inputs'
// descriptions belong to ONNX Runtime. Ort::ShapeInferContext frees them where memory runs out, and ONNX
// Runtime then frees them again; so the engine asks the C interface. All but the constructor may throw.
class Shapes {
 public:
  explicit Shapes(OrtShapeInferContext* context) noexcept : context_(context) {}

  std::size_t InputCount() const;
  Element TypeOf(std::size_t input) const;  // undefined where the input is left out
  Dims DimsOf(std::size_t input) const;     // empty where one is not fixed or the input is left out
  std::int64_t Attribute(const char* name) const;
  void SetOutput(const Dims& dims, Element type);

 private:
  const OrtTensorTypeAndShapeInfo* InfoOf(std::size_t input) const;

  OrtShapeInferContext* context_;
};

}  // namespace kdtalker::ops
