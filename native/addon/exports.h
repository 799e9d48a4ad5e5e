#pragma once

#include <napi.h>

// The functions of the binding, by the object they work on; lib/binding.ts declares them with their types.
// One file each.
namespace kdtalker::addon {

void ExportRuntime(Napi::Env env, Napi::Object exports);
void ExportSession(Napi::Env env, Napi::Object exports);
void ExportPlan(Napi::Env env, Napi::Object exports);
void ExportPicture(Napi::Env env, Napi::Object exports);
void ExportTalker(Napi::Env env, Napi::Object exports);
void ExportPortrait(Napi::Env env, Napi::Object exports);
void ExportSpeech(Napi::Env env, Napi::Object exports);
void ExportRun(Napi::Env env, Napi::Object exports);
void ExportWeights(Napi::Env env, Napi::Object exports);
void ExportTrace(Napi::Env env, Napi::Object exports);

}  // namespace kdtalker::addon
