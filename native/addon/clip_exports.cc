#include <cstring>

#include "addon/exports.h"
#include "addon/handles.h"
#include "addon/values.h"
#include "core/error.h"

namespace kdtalker::addon {
namespace {

// openClip(portrait, speech | Float32Array of motion [n, 70], options) -> handle
Napi::Value OpenClip(const Napi::CallbackInfo& info) {
  auto portrait = Handle<Portrait>::Get(info[0]);
  const ClipOptions options = ClipOptionsOf(info[2].ToObject());
  const auto clip = info[1].IsTypedArray()
                        ? std::make_shared<Clip>(portrait, FloatsOf(info[1], "motion"), options)
                        : std::make_shared<Clip>(portrait, Handle<Speech>::Get(info[1]), options);
  Instance::Of(info.Env()).Register(clip);
  return Handle<Clip>::Make(info.Env(), clip);
}

PixelFormat PixelFormatOf(const std::string& name) {
  if (name == "yuv420p") return PixelFormat::kI420;
  return name == "rgbf32" ? PixelFormat::kFloat : PixelFormat::kRgb;
}

// readFrame(handle, Uint8Array, 'rgb24' | 'yuv420p' | 'rgbf32', portrait | undefined) -> Promise<index of the
// frame written, -1 after the last>
Napi::Value ReadFrame(const Napi::CallbackInfo& info) {
  auto clip = Handle<Clip>::Get(info[0]);
  const Bytes out = BytesOf(info[1], "the frame");
  const PixelFormat format = PixelFormatOf(info[2].ToString());
  if (out.size < clip->frame_bytes(format)) {
    throw Error("INVALID_ARGUMENT", "Expected " + std::to_string(clip->frame_bytes(format)) +
                                        " bytes for a frame but received " + std::to_string(out.size));
  }
  auto source = info[3].IsUndefined() ? nullptr : Handle<Portrait>::Get(info[3]);
  Jobs& jobs = Instance::Of(info.Env()).jobs();
  const Jobs::Started job = jobs.Start(info.Env(), info[1].As<Napi::Object>());
  clip->Read(
      format, out.data,
      [mailbox = jobs.mailbox(), id = job.id](std::int64_t index, const std::exception_ptr& error) {
        mailbox->Send(
            id,
            {[index](Napi::Env env) { return Napi::Number::New(env, static_cast<double>(index)); }, error});
      },
      std::move(source));
  return job.promise;
}

Napi::Float32Array FloatsToJs(Napi::Env env, const std::vector<float>& values) {
  Napi::Float32Array array = Napi::Float32Array::New(env, values.size());
  if (!values.empty()) std::memcpy(array.Data(), values.data(), values.size() * sizeof(float));
  return array;
}

Napi::Value MotionToJs(Napi::Env env, const Clip::Motion& motion) {
  Napi::Object result = Napi::Object::New(env);
  result.Set("motion", FloatsToJs(env, motion.motion));
  result.Set("raw", FloatsToJs(env, motion.raw));
  return result;
}

// readMotion(handle) -> Promise<{ motion, raw }>, Float32Arrays [frames, 70]
Napi::Value ReadMotion(const Napi::CallbackInfo& info) {
  auto clip = Handle<Clip>::Get(info[0]);
  Jobs& jobs = Instance::Of(info.Env()).jobs();
  const Jobs::Started job = jobs.Start(info.Env());
  clip->ReadMotion(
      [mailbox = jobs.mailbox(), id = job.id](Clip::Motion motion, const std::exception_ptr& error) {
        auto kept = std::make_shared<Clip::Motion>(std::move(motion));
        mailbox->Send(id, {[kept](Napi::Env env) { return MotionToJs(env, *kept); }, error});
      });
  return job.promise;
}

// clipProgress(handle) -> { frames, sampled, rendered }
Napi::Value ClipProgress(const Napi::CallbackInfo& info) {
  const auto clip = Handle<Clip>::Get(info[0]);
  Napi::Object result = Napi::Object::New(info.Env());
  result.Set("frames", static_cast<double>(clip->frames()));
  result.Set("sampled", static_cast<double>(clip->sampled()));
  result.Set("rendered", static_cast<double>(clip->rendered()));
  return result;
}

// stopClip(handle): what waits is rejected with ABORTED
Napi::Value StopClip(const Napi::CallbackInfo& info) {
  Handle<Clip>::Get(info[0])->Stop();
  return info.Env().Undefined();
}

// closeClip(handle) -> Promise<void>, settled when the clip's threads have ended. Idempotent.
Napi::Value CloseClip(const Napi::CallbackInfo& info) {
  auto work = [clip = Handle<Clip>::Take(info[0])]() mutable {
    if (clip != nullptr) clip->Close();
    clip.reset();
    return 0;
  };
  return Instance::Of(info.Env()).jobs().Run<int>(info.Env(), std::move(work), [](Napi::Env env, int&) {
    return env.Undefined();
  });
}

}  // namespace

void ExportClip(Napi::Env env, Napi::Object exports) {
  exports.Set("openClip", Napi::Function::New<Call<OpenClip>>(env, "openClip"));
  exports.Set("readFrame", Napi::Function::New<Call<ReadFrame>>(env, "readFrame"));
  exports.Set("readMotion", Napi::Function::New<Call<ReadMotion>>(env, "readMotion"));
  exports.Set("clipProgress", Napi::Function::New<Call<ClipProgress>>(env, "clipProgress"));
  exports.Set("stopClip", Napi::Function::New<Call<StopClip>>(env, "stopClip"));
  exports.Set("closeClip", Napi::Function::New<Call<CloseClip>>(env, "closeClip"));
}

}  // namespace kdtalker::addon
