// Sessions, and where their nodes are.
#include <cstring>
#include <string>
#include <tuple>

#include "cuda/double/runtime/runtime.h"

namespace ort_double {
namespace {

// Null if the session is an ordinary one.
Session* Find(const OrtSession* session) {
  const Lock lock;
  const auto found = Get().sessions.find(session);
  return found == Get().sessions.end() ? nullptr : &found->second;
}

OrtStatus* Refused(const std::string& fail) {
  const std::string text = fail == "2" ? "out of memory" : "no CUDA-capable device is detected";
  return Fail("CUDA failure " + fail + ": " + text + " ; GPU=0 ; expr=cudaSetDevice(info_.device_id);");
}

void TellCopies(const Logger& logger, const std::string& value) {
  if (value.empty() || logger.function == nullptr) return;
  const std::string text = "Add MemcpyToHost before " + value + " for CUDAExecutionProvider";
  logger.function(logger.parameter, ORT_LOGGING_LEVEL_INFO, "onnxruntime", "", "", text.c_str());
}

bool AsksForGraphs(const std::vector<Provided>& providers) {
  for (const auto& [name, options, stream] : providers) {
    if (options.count("enable_cuda_graph") != 0 || options.count("trt_cuda_graph_enable") != 0) return true;
  }
  return false;
}

// As of a network with nodes that the provider lacks.
bool RefusesGraphs() {
  return Get().settings.graphs == "refused" || !Get().settings.processor.empty();
}

OrtStatus* NoGraphs(const std::string& provider) {
  return Fail(
      "This session cannot use the graph capture feature as requested by the user as all compute graph nodes "
      "have not been partitioned to the " +
      provider);
}

void Keep(OrtSession* made, const char* file, const std::vector<Provided>& providers) {
  const Lock lock;
  Session& session = Get().sessions[made];
  session.file = file;
  session.providers = providers;
  session.graphs = AsksForGraphs(providers);
}

OrtStatus* Create(const OrtEnv* env, const char* file, const OrtSessionOptions* options,
                  OrtSession** out) noexcept {
  std::vector<Provided> providers;
  Logger logger;
  {
    const Lock lock;
    providers = Get().options[options];
    logger = Get().loggers[options];
  }
  if (!providers.empty() && !Get().settings.fail.empty()) return Refused(Get().settings.fail);
  if (AsksForGraphs(providers) && RefusesGraphs()) return NoGraphs(providers.front().name);
  OrtStatus* status = Get().real->CreateSession(env, file, options, out);
  if (status != nullptr || providers.empty()) return status;
  TellCopies(logger, Get().settings.copy);
  Keep(*out, file, providers);
  return nullptr;
}

void Release(OrtSession* session) noexcept {
  if (const Session* found = Find(session)) {
    if (found->pending.load(std::memory_order_relaxed) != 0)
      End("a session is released while its stream runs it");
    const Lock lock;
    Get().sessions.erase(session);
  }
  Get().real->ReleaseSession(session);
}

OrtStatus* PartsOf(const OrtSession* session, const OrtEpAssignedSubgraph* const** parts,
                   std::size_t* count) noexcept {
  OrtStatus* status = Get().real->Session_GetEpGraphAssignmentInfo(session, parts, count);
  const Session* found = Find(session);
  if (status != nullptr || found == nullptr) return status;
  const Lock lock;
  for (std::size_t i = 0; i < *count; i++) Get().parts[(*parts)[i]] = found->providers.front().name;
  return nullptr;
}

bool StaysOnProcessor(const OrtEpAssignedSubgraph* part) {
  const OrtEpAssignedNode* const* nodes = nullptr;
  std::size_t count = 0;
  const char* type = "";
  std::ignore = Get().real->EpAssignedSubgraph_GetNodes(part, &nodes, &count);
  if (count != 0) std::ignore = Get().real->EpAssignedNode_GetOperatorType(nodes[0], &type);
  if (Get().settings.processor == type) return true;
  const Lock lock;
  return Get().settings.lacks == type && Get().parts.at(part) == "TensorrtExecutionProvider";
}

OrtStatus* NameOfPart(const OrtEpAssignedSubgraph* part, const char** name) noexcept {
  if (StaysOnProcessor(part)) return Get().real->EpAssignedSubgraph_GetEpName(part, name);
  const Lock lock;
  *name = Get().parts.at(part).c_str();
  return nullptr;
}

}  // namespace

void AddSessions(OrtApi& api) {
  api.CreateSession = &Create;
  api.ReleaseSession = &Release;
  api.Session_GetEpGraphAssignmentInfo = &PartsOf;
  api.EpAssignedSubgraph_GetEpName = &NameOfPart;
}

}  // namespace ort_double
