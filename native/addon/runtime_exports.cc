#include "addon/exports.h"
#include "addon/instance.h"
#include "addon/values.h"
#include "core/activity.h"

namespace kdtalker::addon {
namespace {

// openRuntime(library, first) -> { library, version }
Napi::Value OpenRuntime(const Napi::CallbackInfo& info) {
  Instance& instance = Instance::Of(info.Env());
  instance.OpenRuntime(info[0].ToString(), info[1].ToString());
  Napi::Object result = Napi::Object::New(info.Env());
  result.Set("library", instance.runtime()->library());
  result.Set("version", instance.runtime()->version());
  return result;
}

// stopAll(): the process exits; no thread of the engine works when it returns, and none will
Napi::Value StopAll(const Napi::CallbackInfo& info) {
  Activity::StopAll();
  return info.Env().Undefined();
}

}  // namespace

void ExportRuntime(Napi::Env env, Napi::Object exports) {
  exports.Set("openRuntime", Napi::Function::New<Call<OpenRuntime>>(env, "openRuntime"));
  exports.Set("stopAll", Napi::Function::New<Call<StopAll>>(env, "stopAll"));
}

}  // namespace kdtalker::addon
