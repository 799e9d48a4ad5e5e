#include <cstring>

#include "addon/exports.h"
#include "addon/handles.h"
#include "addon/values.h"
#include "core/error.h"
#include "kernels/motion.h"

namespace kdtalker::addon {
namespace {

using Prepared = std::shared_ptr<Portrait>;

Napi::Value PortraitToJs(Napi::Env env, Prepared& portrait) {
  return Handle<Portrait>::Make(env, std::move(portrait));
}

// preparePortrait(talker, { crop, keypoints, ratios, photo }) -> Promise<handle>
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

HostTensors ToHostTensors(Portrait::Saved saved) {
  HostTensors tensors{{"feature", ToHost(saved.feature, saved.feature_dims)},
                      {"canonical", ToHost(saved.canonical, {kernels::kKeypoints, 3})},
                      {"motion", ToHost(saved.motion, {kernels::kMotionSize})}};
  if (saved.photo.rgb.empty()) return tensors;
  tensors["photo"] = {Type::kUint8, {saved.photo.height, saved.photo.width, 3}, std::move(saved.photo.rgb)};
  return tensors;
}

// portraitTensors(handle) -> Promise<{ feature, canonical, motion, photo where it is kept }>
Napi::Value PortraitTensors(const Napi::CallbackInfo& info) {
  auto work = [portrait = Handle<Portrait>::Get(info[0])] { return ToHostTensors(portrait->Save()); };
  return Instance::Of(info.Env())
      .jobs()
      .Run<HostTensors>(info.Env(), std::move(work),
                        [](Napi::Env env, HostTensors& tensors) { return ToJs(env, tensors); });
}

// restorePortrait(talker, tensors, Float32Array of ratios, photo as that of preparePortrait) ->
// Promise<handle>
Napi::Value RestorePortrait(const Napi::CallbackInfo& info) {
  auto work = [talker = Handle<Talker>::Get(info[0]), tensors = HostTensorsOf(info[1].ToObject()),
               ratios = FloatsOf(info[2], "ratios"), photo = PhotoPixelsOf(info[3])] {
    Portrait::Saved saved{{},
                          FromHost(tensors, "feature"),
                          FromHost(tensors, "canonical"),
                          FromHost(tensors, "motion"),
                          ratios,
                          photo};
    saved.feature_dims = tensors.at("feature").dims;
    return Portrait::Restore(talker, saved);
  };
  return Instance::Of(info.Env()).jobs().Run<Prepared>(info.Env(), std::move(work), PortraitToJs);
}

// readPictureMotion(talker, crop) -> Promise<Float32Array [70]>, what M sees in it
Napi::Value ReadPictureMotion(const Napi::CallbackInfo& info) {
  auto talker = Handle<Talker>::Get(info[0]);
  const stages::Picture crop = PictureOf(info[1], "crop");
  auto work = [talker = std::move(talker),
               pixels = std::vector<std::uint8_t>(crop.data, crop.data + crop.bytes())] {
    return Portrait::ReadMotion(*talker, pixels);
  };
  return Instance::Of(info.Env())
      .jobs()
      .Run<std::vector<float>>(info.Env(), std::move(work),
                               [](Napi::Env env, std::vector<float>& motion) -> Napi::Value {
                                 Napi::Float32Array array = Napi::Float32Array::New(env, motion.size());
                                 std::memcpy(array.Data(), motion.data(), motion.size() * sizeof(float));
                                 return array;
                               });
}

}  // namespace

void ExportPortrait(Napi::Env env, Napi::Object exports) {
  exports.Set("preparePortrait", Napi::Function::New<Call<PreparePortrait>>(env, "preparePortrait"));
  exports.Set("portraitTensors", Napi::Function::New<Call<PortraitTensors>>(env, "portraitTensors"));
  exports.Set("restorePortrait", Napi::Function::New<Call<RestorePortrait>>(env, "restorePortrait"));
  exports.Set("readPictureMotion", Napi::Function::New<Call<ReadPictureMotion>>(env, "readPictureMotion"));
  exports.Set("closePortrait", Napi::Function::New<Call<CloseHandle<Portrait>>>(env, "closePortrait"));
}

}  // namespace kdtalker::addon
