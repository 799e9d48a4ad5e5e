#pragma once

#include <onnxruntime_cxx_api.h>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace kdtalker::ops {

using Element = ONNXTensorElementDataType;
using Dims = std::vector<std::int64_t>;

// An operator's inputs and attributes while ONNX Runtime infers a graph's shapes. ONNX Runtime owns the
// inputs' descriptions. If memory runs out, Ort::ShapeInferContext frees them and ONNX Runtime frees them
// again; so the engine uses the C interface. All members but the constructor may throw.
class Shapes {
 public:
  explicit Shapes(OrtShapeInferContext* context) noexcept : context_(context) {}

  std::size_t InputCount() const;
  Element TypeOf(std::size_t input) const;  // undefined if the input is left out
  Dims DimsOf(std::size_t input) const;     // empty if one is not fixed or the input is left out
  std::int64_t Attribute(const char* name) const;
  void SetOutput(const Dims& dims, Element type);

 private:
  const OrtTensorTypeAndShapeInfo* InfoOf(std::size_t input) const;

  OrtShapeInferContext* context_;
};

}  // namespace kdtalker::ops
