#include <memory>
#include <optional>

#include "addon/exports.h"
#include "addon/handles.h"
#include "addon/values.h"

namespace kdtalker::addon {
namespace {

using Piece = std::optional<HostTensors>;

// openTrace(talker, { crop, keypoints, ratios }, speech, { run, noise, frames }) -> handle
Napi::Value OpenTrace(const Napi::CallbackInfo& info) {
  auto trace = std::make_shared<Trace>(Handle<Talker>::Get(info[0]), PortraitOptionsOf(info[1].ToObject()),
                                       Handle<Speech>::Get(info[2]), TraceOptionsOf(info[3].ToObject()));
  return Handle<Trace>::Make(info.Env(), std::move(trace));
}

Piece NextPiece(Trace& trace) {
  const std::optional<Recording> recording = trace.Next();
  if (!recording) return std::nullopt;
  HostTensors tensors;
  for (const auto& [name, entry] : recording->entries()) tensors[name] = ToHost(entry.values, entry.dims);
  return tensors;
}

// nextTrace(handle) -> Promise<tensors by name, undefined after the last>; one at a time
Napi::Value NextTrace(const Napi::CallbackInfo& info) {
  auto work = [trace = Handle<Trace>::Get(info[0])] { return NextPiece(*trace); };
  return Instance::Of(info.Env())
      .jobs()
      .Run<Piece>(info.Env(), std::move(work), [](Napi::Env env, Piece& piece) -> Napi::Value {
        return piece ? ToJs(env, *piece) : env.Undefined();
      });
}

// stopTrace(handle): a running call rejects with ABORTED
Napi::Value StopTrace(const Napi::CallbackInfo& info) {
  Handle<Trace>::Get(info[0])->Stop();
  return info.Env().Undefined();
}

}  // namespace

void ExportTrace(Napi::Env env, Napi::Object exports) {
  exports.Set("openTrace", Napi::Function::New<Call<OpenTrace>>(env, "openTrace"));
  exports.Set("nextTrace", Napi::Function::New<Call<NextTrace>>(env, "nextTrace"));
  exports.Set("stopTrace", Napi::Function::New<Call<StopTrace>>(env, "stopTrace"));
  exports.Set("closeTrace", Napi::Function::New<Call<CloseHandle<Trace>>>(env, "closeTrace"));
}

}  // namespace kdtalker::addon
