#pragma once

#include <onnxruntime_cxx_api.h>

#include <string>
#include <vector>

#include "core/program.h"

namespace kdtalker {

// ONNX Runtime's word for a type.
ONNXTensorElementDataType OnnxTypeOf(Type type);

// The inputs and outputs of a session over `file`. Throw Error PACK_INVALID if one is not a tensor of a type
// that the engine knows.
std::vector<Slot> InputsOf(const Ort::Session& session, const std::string& file);
std::vector<Slot> OutputsOf(const Ort::Session& session, const std::string& file);

// The code of the error of a run. Wrong lengths that only a run can find are the graph's fault.
const char* CodeOfRun(const Ort::Exception& error);

}  // namespace kdtalker
