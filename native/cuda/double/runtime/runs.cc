// Runs: work of the provider's stream.
#include <memory>
#include <string>
#include <thread>
#include <utility>

#include "cuda/double/runtime/runtime.h"

namespace ort_double {
namespace {

struct Job {
  Session* session;
  Bindings bound;
};

std::vector<OrtValue*> ValuesOver(const std::vector<Bound>& all) {
  std::vector<OrtValue*> values;
  for (const Bound& each : all) {
    OrtValue* value = nullptr;
    if (Get().real->CreateTensorWithDataAsOrtValue(Processor(), each.data, each.bytes, each.dims.data(),
                                                   each.dims.size(), each.type, &value) != nullptr)
      End("no tensor over the device's memory");
    values.push_back(value);
  }
  return values;
}

std::vector<const char*> NamesOf(const std::vector<Bound>& all) {
  std::vector<const char*> names;
  for (const Bound& each : all) names.push_back(each.name.c_str());
  return names;
}

void Work(void* argument) {
  const std::unique_ptr<Job> job(static_cast<Job*>(argument));
  const auto& [session, inputs, outputs] = job->bound;
  Touch(inputs, outputs);
  std::vector<OrtValue*> in = ValuesOver(inputs), out = ValuesOver(outputs);
  const auto in_names = NamesOf(inputs), out_names = NamesOf(outputs);
  OrtStatus* status = Get().real->Run(session, nullptr, in_names.data(), in.data(), in.size(),
                                      out_names.data(), out.size(), out.data());
  if (status != nullptr) End(Get().real->GetErrorMessage(status));
  for (OrtValue* value : in) Get().real->ReleaseValue(value);
  for (OrtValue* value : out) Get().real->ReleaseValue(value);
  job->session->pending.fetch_sub(1, std::memory_order_relaxed);
}

bool IsEnding(const OrtRunOptions* options) {
  const Lock lock;
  return Get().ending[options];
}

// A run that takes long is told to end; it is what a setting asks for.
bool Held(const OrtRunOptions* options) {
  bool held = false;
  {
    const Lock lock;
    held = Get().settings.hold >= 0 && Get().runs++ >= Get().settings.hold;
  }
  while (held && !IsEnding(options)) std::this_thread::yield();
  return IsEnding(options);
}

// Gives a run to the session's stream; a status if CUDA refuses it.
OrtStatus* GiveRun(Session& session, const Bindings& bound) {
  auto job = std::make_unique<Job>(Job{&session, bound});
  session.pending.fetch_add(1, std::memory_order_relaxed);
  const int error = Submit(session.providers.front().stream, &Work, job.get());
  if (error == 0) {
    job.release();
    return nullptr;
  }
  session.pending.fetch_sub(1, std::memory_order_relaxed);
  return Fail("CUDA failure " + std::to_string(error) + ": an error of the double");
}

// A capture runs nothing; its end is followed by a first replay.
OrtStatus* CaptureRun(Session& session, const Bindings& bound) {
  BeginCapture();
  const bool broken = Get().settings.graphs == "broken";
  if (EndCapture() || broken)
    return Fail("CUDA failure 900: operation not permitted when stream is capturing ; GPU=0");
  Log("capture " + session.file);
  session.captured.emplace(std::this_thread::get_id(), bound);
  return GiveRun(session, bound);
}

// As ONNX Runtime does it: a thread's first run is an ordinary one and then a captured one; from then on the
// thread's graph runs, with the addresses that it has, whatever is bound.
OrtStatus* RunWithGraph(Session& session, const Bindings& bound) {
  if (session.running.test_and_set()) End("two runs at a time of a session with graphs");
  const auto captured = session.captured.find(std::this_thread::get_id());
  OrtStatus* status = nullptr;
  if (captured != session.captured.end()) {
    Log("replay " + session.file);
    status = GiveRun(session, captured->second);
  } else {
    status = GiveRun(session, bound);
    if (status == nullptr) status = CaptureRun(session, bound);
  }
  session.running.clear();
  return status;
}

OrtStatus* RunBound(OrtSession* session, const OrtRunOptions* options, const OrtIoBinding* binding) noexcept {
  Session* found = nullptr;
  Bindings bound;
  {
    const Lock lock;
    const auto each = Get().sessions.find(session);
    if (each != Get().sessions.end()) {
      found = &each->second;
      bound = Get().bindings.at(binding);
    }
  }
  if (found == nullptr) return Get().real->RunWithBinding(session, options, binding);
  if (Held(options)) return Fail("Exiting due to terminate flag being set to true.");
  return found->graphs ? RunWithGraph(*found, bound) : GiveRun(*found, bound);
}

OrtStatus* SetTerminate(OrtRunOptions* options) noexcept {
  const Lock lock;
  Get().ending[options] = true;
  return Get().real->RunOptionsSetTerminate(options);
}

OrtStatus* UnsetTerminate(OrtRunOptions* options) noexcept {
  const Lock lock;
  Get().ending[options] = false;
  return Get().real->RunOptionsUnsetTerminate(options);
}

}  // namespace

void AddRuns(OrtApi& api) {
  api.RunWithBinding = &RunBound;
  api.RunOptionsSetTerminate = &SetTerminate;
  api.RunOptionsUnsetTerminate = &UnsetTerminate;
}

}  // namespace ort_double
