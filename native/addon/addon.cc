#include <napi.h>

#include <memory>

#include "addon/exports.h"
#include "addon/instance.h"

static Napi::Object Init(Napi::Env env, Napi::Object exports) {
  using namespace kdtalker::addon;
  auto* instance = new Instance(env);
  env.SetInstanceData(instance);
  env.AddCleanupHook([instance] { instance->Close(); });
  ExportRuntime(env, exports);
  ExportSession(env, exports);
  ExportPlan(env, exports);
  ExportPicture(env, exports);
  ExportTalker(env, exports);
  ExportPortrait(env, exports);
  ExportSpeech(env, exports);
  ExportRun(env, exports);
  ExportWeights(env, exports);
  ExportTrace(env, exports);
  return exports;
}

NODE_API_MODULE(kdtalker, Init)
