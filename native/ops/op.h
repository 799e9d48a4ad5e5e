// The form of an operator of the domain `kdtalker`. A kernel class K has
//
//   kName                          the operator's name; one may serve several element types
//   kInputs[], kOutput             element types
//   kOptional                      how many inputs at the end may be left out
//   K(Ort::ConstKernelInfo)        reads attributes; may throw
//   Compute(Ort::KernelContext)    one run, in any thread, several at once; may throw
//   static InferShape(Shapes&)     the output's dims, from fixed input dims and attributes
//
// and Op<K> is the operator that ONNX Runtime sees. Exceptions leave as a status, never through C.
#pragma once

#include <onnxruntime_cxx_api.h>

#include <cstdint>
#include <exception>
#include <iterator>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "core/error.h"
#include "kernels/cpu/kernel_table.h"
#include "ops/shapes.h"

namespace kdtalker::ops {

template <class T>
inline constexpr Element kElementOf = ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT;
template <>
inline constexpr Element kElementOf<kernels::Bf16> = ONNX_TENSOR_ELEMENT_DATA_TYPE_BFLOAT16;
template <>
inline constexpr Element kElementOf<std::uint8_t> = ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT8;

// Runs `work` and returns its exception as a status.
template <class Work>
OrtStatusPtr Guard(Work&& work) noexcept {
  try {
    std::forward<Work>(work)();
    return nullptr;
  } catch (const std::exception& error) {
    return Ort::GetApi().CreateStatus(ORT_FAIL, error.what());
  } catch (...) {
    return Ort::GetApi().CreateStatus(ORT_FAIL, "an unknown error in an operator");
  }
}

// An operator's element types. If several operators share a name, ONNX Runtime asks the first of them for the
// output's shape and type, whatever the inputs; that one looks up the operator with the fitting input types.
struct Signature {
  const char* name;
  const Element* inputs;
  std::size_t input_count;
  Element output;
  Dims (*infer)(Shapes&);

  static void Add(const Signature& signature);
};

// Sets type and shape of the output of the operator of this name that takes these inputs.
void InferOutput(const char* name, Shapes shapes);

template <class K>
class GuardedKernel : public K {
 public:
  using K::K;
  OrtStatusPtr ComputeV2(OrtKernelContext* context) noexcept {
    return Guard([&] { K::Compute(Ort::KernelContext(context)); });
  }
};

template <class K>
class Op : public Ort::CustomOpBase<Op<K>, GuardedKernel<K>, true> {
 public:
  const char* GetName() const { return K::kName; }
  const char* GetExecutionProviderType() const { return "CPUExecutionProvider"; }
  std::size_t GetInputTypeCount() const { return std::size(K::kInputs); }
  Element GetInputType(std::size_t index) const { return K::kInputs[index]; }
  OrtCustomOpInputOutputCharacteristic GetInputCharacteristic(std::size_t index) const {
    return index + K::kOptional < std::size(K::kInputs) ? INPUT_OUTPUT_REQUIRED : INPUT_OUTPUT_OPTIONAL;
  }
  std::size_t GetOutputTypeCount() const { return 1; }
  Element GetOutputType(std::size_t) const { return K::kOutput; }

  OrtStatusPtr CreateKernelV2(const OrtApi&, const OrtKernelInfo* info, void** kernel) const {
    return Guard([&] { *kernel = new GuardedKernel<K>(Ort::ConstKernelInfo(info)); });
  }

  Op() {
    Signature::Add({K::kName, K::kInputs, std::size(K::kInputs), K::kOutput, &K::InferShape});
    OrtCustomOp::InferOutputShapeFn = &Op::Infer;
  }

 private:
  // ONNX Runtime neither reads nor frees a status of this function. On failure, the output's dims stay open.
  static OrtStatusPtr Infer(const OrtCustomOp*, OrtShapeInferContext* context) noexcept {
    const Ort::Status ignored(Guard([&] { InferOutput(K::kName, Shapes(context)); }));
    return nullptr;
  }
};

// The threads of a run: those of its session, or only the calling thread if there is no session (tests).
class Workers {
 public:
  Workers() = default;
  explicit Workers(const Ort::KernelContext& context) : context_(&context) {}

  // Calls work(0) .. work(count - 1). After all have ended, throws the first exception, if there was one.
  template <class Work>
  void For(std::int64_t count, const Work& work) const {
    if (context_ == nullptr || count == 1) {
      for (std::int64_t i = 0; i < count; i++) work(i);
    } else if (count > 0) {
      Shared<Work> shared(work);
      context_->ParallelFor(&Call<Work>, static_cast<std::size_t>(count), 0, &shared);
      if (shared.thrown) std::rethrow_exception(shared.thrown);
    }
  }

 private:
  // The shared state of one For()'s threads. An exception in a thread of ONNX Runtime would end the process.
  template <class Work>
  struct Shared {
    explicit Shared(const Work& given) : work(given) {}
    const Work& work;
    std::mutex mutex;
    std::exception_ptr thrown;
  };

  template <class Work>
  static void Call(void* data, std::size_t index) noexcept {
    auto& shared = *static_cast<Shared<Work>*>(data);
    try {
      shared.work(static_cast<std::int64_t>(index));
    } catch (...) {
      const std::lock_guard lock(shared.mutex);
      if (!shared.thrown) shared.thrown = std::current_exception();
    }
  }

  const Ort::KernelContext* context_ = nullptr;
};

template <class T>
const T* Input(const Ort::KernelContext& context, std::size_t index) {
  return static_cast<const T*>(context.GetInput(index).GetTensorRawData());
}

inline Dims InputDims(const Ort::KernelContext& context, std::size_t index) {
  return context.GetInput(index).GetTensorTypeAndShapeInfo().GetShape();
}

// The optional input at `index`, or null.
template <class T>
const T* OptionalInput(const Ort::KernelContext& context, std::size_t index) {
  if (index >= context.GetInputCount()) return nullptr;
  const Ort::ConstValue value = context.GetInput(index);
  return value ? static_cast<const T*>(value.GetTensorRawData()) : nullptr;
}

template <class T>
T* Output(const Ort::KernelContext& context, const Dims& dims) {
  return static_cast<T*>(context.GetOutput(0, dims).GetTensorMutableRawData());
}

// The kernels of an instruction set that has products of T; throws Error DEVICE_UNAVAILABLE if it has none.
template <class T>
const kernels::Kernels<T>& MultiplyingKernels(const kernels::CpuKernels& all) {
  if (all.Of<T>().multiplies) return all.Of<T>();
  throw Error("DEVICE_UNAVAILABLE",
              "Expected a processor with AVX512-BF16 for precision bf16 but this one has none");
}

// Throws if an operator's input does not fit its kernel.
inline void Expect(bool fits, const char* op, const char* what) {
  if (!fits) throw Error("PACK_INVALID", std::string("Expected ") + what + " for operator " + op);
}

}  // namespace kdtalker::ops
