#include "core/placement.h"

#include <string_view>

#include "core/error.h"
#include "core/provider.h"

namespace kdtalker {
namespace {

Error NotOnGpu(const std::string& what, const std::string& file, const std::string& device) {
  return Error("OPERATOR_UNSUPPORTED", "Expected all of '" + file + "' on device '" + device + "' but " +
                                           what + ". Use engine 'plan', or device 'cpu'");
}

}  // namespace

void Placement::Watch(Ort::SessionOptions& options) {
  options.AddConfigEntry("session.record_ep_graph_assignment_info", "1");
  options.SetLogSeverityLevel(ORT_LOGGING_LEVEL_INFO);
  Ort::ThrowOnError(Ort::GetApi().SetUserLoggingFunction(options, &Placement::Hear, this));
}

// ONNX Runtime tells of copies nowhere else: "Add MemcpyToHost before VALUE for PROVIDER".
void Placement::Hear(void* self, OrtLoggingLevel, const char*, const char*, const char*,
                     const char* message) {
  auto& placement = *static_cast<Placement*>(self);
  if (!placement.loading_) return;
  const std::string_view said = message;
  const std::size_t at = said.find("Add Memcpy");
  if (at == std::string_view::npos) return;
  const std::lock_guard lock(placement.mutex_);
  if (placement.copy_.empty()) placement.copy_ = said.substr(at + 4);
}

void Placement::Check(const Ort::Session& session, const std::string& file, const std::string& device) {
  loading_ = false;
  for (const Ort::ConstEpAssignedSubgraph& part : session.GetEpGraphAssignmentInfo()) {
    const auto nodes = part.GetNodes();
    if (IsOnGpu(part.GetEpName()) || nodes.empty()) continue;
    throw NotOnGpu("ONNX Runtime gives node '" + nodes[0].GetName() + "' of type " +
                       nodes[0].GetOperatorType() + " to the processor",
                   file, device);
  }
  const std::lock_guard lock(mutex_);
  if (!copy_.empty())
    throw NotOnGpu("ONNX Runtime would copy a value between processor and GPU in every run (" + copy_ + ")",
                   file, device);
}

}  // namespace kdtalker
