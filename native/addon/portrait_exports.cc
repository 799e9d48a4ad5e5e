#include <cstring>

#include "addon/exports.h"
#include "addon/handles.h"
#include "addon/values.h"
#include "core/error.h"

namespace kdtalker::addon {
namespace {

using Prepared = std::shared_ptr<Portrait>;

Napi::Value PortraitToJs(Napi::Env env, Prepared& portrait) {
  return Handle<Portrait>::Make(env, std::move(portrait));
}

// preparePortrait(talker, { pixels, keypoints }) -> Promise<handle>
Napi::Value PreparePortrait(const Napi::CallbackInfo& info) {
  auto work = [talker = Handle<Talker>::Get(info[0]), options = PortraitOptionsOf(info[1].ToObject())] {
    return Portrait::Prepare(talker, options);
  };
  return Instance::Of(info.Env()).jobs().Run<Prepared>(info.Env(), std::move(work), PortraitToJs);
}

std::vector<float> FromHost(const HostTensors& tensors, const char* name) {
  const auto found = tensors.find(name);
  if (found == tensors.end() || found->second.type != Type::kFloat32) {
    throw Error("PORTRAIT_INVALID",
                std::string("Expected a float32 tensor '") + name + "' in the portrait but it has none");
  }
  std::vector<float> values(found->second.bytes.size() / sizeof(float));
  std::memcpy(values.data(), found->second.bytes.data(), found->second.bytes.size());
  return values;
}

// portraitTensors(handle) -> Promise<{ feature, canonical, motion }>
Napi::Value PortraitTensors(const Napi::CallbackInfo& info) {
  auto work = [portrait = Handle<Portrait>::Get(info[0])] {
    const Portrait::Saved saved = portrait->Save();
    return HostTensors{{"feature", ToHost(saved.feature, saved.feature_dims)},
                       {"canonical", ToHost(saved.canonical, {21, 3})},
                       {"motion", ToHost(saved.motion, {70})}};
  };
  return Instance::Of(info.Env())
      .jobs()
      .Run<HostTensors>(info.Env(), std::move(work),
                        [](Napi::Env env, HostTensors& tensors) { return ToJs(env, tensors); });
}

// restorePortrait(talker, tensors, Float32Array of ratios) -> Promise<handle>
Napi::Value RestorePortrait(const Napi::CallbackInfo& info) {
  auto work = [talker = Handle<Talker>::Get(info[0]), tensors = HostTensorsOf(info[1].ToObject()),
               ratios = FloatsOf(info[2], "ratios")] {
    Portrait::Saved saved{{},
                          FromHost(tensors, "feature"),
                          FromHost(tensors, "canonical"),
                          FromHost(tensors, "motion"),
                          ratios};
    saved.feature_dims = tensors.at("feature").dims;
    return Portrait::Restore(talker, saved);
  };
  return Instance::Of(info.Env()).jobs().Run<Prepared>(info.Env(), std::move(work), PortraitToJs);
}

}  // namespace

void ExportPortrait(Napi::Env env, Napi::Object exports) {
  exports.Set("preparePortrait", Napi::Function::New<Call<PreparePortrait>>(env, "preparePortrait"));
  exports.Set("portraitTensors", Napi::Function::New<Call<PortraitTensors>>(env, "portraitTensors"));
  exports.Set("restorePortrait", Napi::Function::New<Call<RestorePortrait>>(env, "restorePortrait"));
  exports.Set("closePortrait", Napi::Function::New<Call<CloseHandle<Portrait>>>(env, "closePortrait"));
}

}  // namespace kdtalker::addon
