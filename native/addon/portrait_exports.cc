#include <algorithm>
#include <cstring>
#include <optional>

#include "addon/exports.h"
#include "addon/handles.h"
#include "addon/values.h"
#include "core/error.h"
#include "kernels/motion.h"

namespace kdtalker::addon {
namespace {

using Prepared = std::shared_ptr<Portrait>;

Napi::Value PortraitToJs(Napi::Env env, Prepared& portrait) {
  const std::size_t bytes = portrait->bytes();
  return Handle<Portrait>::Make(env, std::move(portrait), bytes);
}

// On the pool: the one copy of a photo on its way to the engine.
std::shared_ptr<const stages::PhotoPixels> CopyOf(const std::optional<PinnedPhoto>& photo) {
  return photo ? std::make_shared<const stages::PhotoPixels>(photo->picture, photo->to_photo) : nullptr;
}

// preparePortrait(talker, { crop, keypoints, ratios, photo }) -> Promise<handle>
Napi::Value PreparePortrait(const Napi::CallbackInfo& info) {
  const Napi::Object given = info[1].ToObject();
  auto work = [talker = Handle<Talker>::Get(info[0]), options = PortraitOptionsOf(given),
               photo = PinnedPhotoOf(Get(given, "photo"))]() mutable {
    options.photo = CopyOf(photo);
    return Portrait::Prepare(talker, options);
  };
  return Instance::Of(info.Env()).jobs().Run<Prepared>(info.Env(), std::move(work), PortraitToJs, given);
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

HostTensors ToHostTensors(const Portrait::Saved& saved) {
  return {{"feature", ToHost(saved.feature, saved.feature_dims)},
          {"canonical", ToHost(saved.canonical, {kernels::kKeypoints, 3})},
          {"motion", ToHost(saved.motion, {kernels::kMotionSize})}};
}

// portraitTensors(handle) -> Promise<{ feature, canonical, motion }>
Napi::Value PortraitTensors(const Napi::CallbackInfo& info) {
  auto work = [portrait = Handle<Portrait>::Get(info[0])] { return ToHostTensors(portrait->Save()); };
  return Instance::Of(info.Env())
      .jobs()
      .Run<HostTensors>(info.Env(), std::move(work),
                        [](Napi::Env env, HostTensors& tensors) { return ToJs(env, tensors); });
}

// portraitBytes(handle) -> bytes of its tensors and of its photo
Napi::Value PortraitBytes(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), static_cast<double>(Handle<Portrait>::Get(info[0])->bytes()));
}

// portraitPhoto(handle, Uint8Array of all its bytes) -> Promise<void>
Napi::Value PortraitPhoto(const Napi::CallbackInfo& info) {
  const auto photo = Handle<Portrait>::Get(info[0])->photo_pixels();
  const Bytes out = BytesOf(info[1], "the photo");
  if (photo == nullptr || out.size != photo->rgb.size())
    throw Error("INVALID_ARGUMENT", "Expected room for the photo that the portrait keeps");
  auto work = [photo, out] {
    std::copy(photo->rgb.begin(), photo->rgb.end(), out.data);
    return 0;
  };
  return Instance::Of(info.Env())
      .jobs()
      .Run<int>(
          info.Env(), std::move(work), [](Napi::Env env, int&) { return env.Undefined(); },
          info[1].As<Napi::Object>());
}

// restorePortrait(talker, tensors, Float32Array of ratios, photo as that of preparePortrait) ->
// Promise<handle>
Napi::Value RestorePortrait(const Napi::CallbackInfo& info) {
  auto work = [talker = Handle<Talker>::Get(info[0]), tensors = HostTensorsOf(info[1].ToObject()),
               ratios = FloatsOf(info[2], "ratios"), photo = PinnedPhotoOf(info[3])] {
    Portrait::Saved saved{{},
                          FromHost(tensors, "feature"),
                          FromHost(tensors, "canonical"),
                          FromHost(tensors, "motion"),
                          ratios,
                          CopyOf(photo)};
    saved.feature_dims = tensors.at("feature").dims;
    return Portrait::Restore(talker, saved);
  };
  return Instance::Of(info.Env())
      .jobs()
      .Run<Prepared>(info.Env(), std::move(work), PortraitToJs,
                     info[3].IsObject() ? info[3].As<Napi::Object>() : Napi::Object());
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

// seePicture(talker, crop) -> Promise<{ motion [70], canonical [21, 3] }>, what M sees in it
Napi::Value SeePicture(const Napi::CallbackInfo& info) {
  auto talker = Handle<Talker>::Get(info[0]);
  const stages::Picture crop = PictureOf(info[1], "crop");
  auto work = [talker = std::move(talker),
               pixels = std::vector<std::uint8_t>(crop.data, crop.data + crop.bytes())]() -> HostTensors {
    const Portrait::Seen seen = Portrait::See(*talker, pixels);
    return {{"motion", ToHost(seen.motion, {kernels::kMotionSize})},
            {"canonical", ToHost(seen.canonical, {kernels::kKeypoints, 3})}};
  };
  return Instance::Of(info.Env())
      .jobs()
      .Run<HostTensors>(info.Env(), std::move(work),
                        [](Napi::Env env, HostTensors& tensors) { return ToJs(env, tensors); });
}

}  // namespace

void ExportPortrait(Napi::Env env, Napi::Object exports) {
  exports.Set("preparePortrait", Napi::Function::New<Call<PreparePortrait>>(env, "preparePortrait"));
  exports.Set("portraitTensors", Napi::Function::New<Call<PortraitTensors>>(env, "portraitTensors"));
  exports.Set("portraitBytes", Napi::Function::New<Call<PortraitBytes>>(env, "portraitBytes"));
  exports.Set("portraitPhoto", Napi::Function::New<Call<PortraitPhoto>>(env, "portraitPhoto"));
  exports.Set("restorePortrait", Napi::Function::New<Call<RestorePortrait>>(env, "restorePortrait"));
  exports.Set("readPictureMotion", Napi::Function::New<Call<ReadPictureMotion>>(env, "readPictureMotion"));
  exports.Set("seePicture", Napi::Function::New<Call<SeePicture>>(env, "seePicture"));
  exports.Set("closePortrait", Napi::Function::New<Call<CloseHandle<Portrait>>>(env, "closePortrait"));
}

}  // namespace kdtalker::addon
