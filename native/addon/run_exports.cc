#include <cstring>

#include "addon/exports.h"
#include "addon/handles.h"
#include "addon/values.h"
#include "core/error.h"
#include "kernels/motion.h"

namespace kdtalker::addon {
namespace {

// openRun(portrait, speech | Float32Array of motion [n, 70], options) -> handle
Napi::Value OpenRun(const Napi::CallbackInfo& info) {
  auto portrait = Handle<Portrait>::Get(info[0]);
  const RunOptions options = RunOptionsOf(info[2].ToObject());
  const auto run = info[1].IsTypedArray()
                       ? std::make_shared<Run>(portrait, FloatsOf(info[1], "motion"), options)
                       : std::make_shared<Run>(portrait, Handle<Speech>::Get(info[1]), options);
  Instance::Of(info.Env()).Register(run);
  return Handle<Run>::Make(info.Env(), run);
}

// openStream(portrait, sampleRate, options) -> handle of a run whose speech comes by hearSpeech
Napi::Value OpenStream(const Napi::CallbackInfo& info) {
  auto portrait = Handle<Portrait>::Get(info[0]);
  const RunOptions options = RunOptionsOf(info[2].ToObject());
  if (!options.stream) throw Error("INVALID_ARGUMENT", "Expected options of a stream but received a clip's");
  auto speech =
      std::make_shared<LiveSpeech>(info[1].ToNumber().Int32Value(), portrait->talker()->options().fps);
  const auto run = std::make_shared<Run>(portrait, std::move(speech), options);
  Instance::Of(info.Env()).Register(run);
  return Handle<Run>::Make(info.Env(), run);
}

// hearSpeech(handle, Float32Array) -> Promise<void>; one at a time
Napi::Value HearSpeech(const Napi::CallbackInfo& info) {
  auto work = [run = Handle<Run>::Get(info[0]), samples = FloatsOf(info[1], "samples")] {
    run->Hear(samples.data(), samples.size());
    return 0;
  };
  return Instance::Of(info.Env()).jobs().Run<int>(info.Env(), std::move(work), [](Napi::Env env, int&) {
    return env.Undefined();
  });
}

// endSpeech(handle)
Napi::Value EndSpeech(const Napi::CallbackInfo& info) {
  Handle<Run>::Get(info[0])->EndSpeech();
  return info.Env().Undefined();
}

Napi::Float32Array FloatsToJs(Napi::Env env, const std::vector<float>& values) {
  Napi::Float32Array array = Napi::Float32Array::New(env, values.size());
  if (!values.empty()) std::memcpy(array.Data(), values.data(), values.size() * sizeof(float));
  return array;
}

std::int64_t GetFrame(const Napi::Object& object, const char* key) {
  return object.Get(key).ToNumber().Int64Value();
}

// Frames of normalised motion, at least one.
std::vector<float> MotionOf(const Napi::Object& object) {
  std::vector<float> motion = FloatsOf(object.Get("motion"), "motion");
  if (motion.empty() || motion.size() % kernels::kMotionSize != 0)
    throw Error("INVALID_ARGUMENT", "Expected rows of 70 numbers for the motion of a loop but received " +
                                        std::to_string(motion.size()) + " numbers");
  return motion;
}

// joinLoop(handle, { frame, motion, clock }), before the sound of that frame; undefined: it does not, before
// other sound
Napi::Value JoinLoop(const Napi::CallbackInfo& info) {
  const auto run = Handle<Run>::Get(info[0]);
  if (info[1].IsUndefined()) {
    run->CancelJoin();
  } else {
    const Napi::Object join = info[1].ToObject();
    run->JoinAt({GetFrame(join, "frame"), MotionOf(join), GetFrame(join, "clock")});
  }
  return info.Env().Undefined();
}

// recordMotion(handle, first frame, frame behind the last): from now on
Napi::Value RecordMotion(const Napi::CallbackInfo& info) {
  Handle<Run>::Get(info[0])->Record(info[1].ToNumber().Int64Value(), info[2].ToNumber().Int64Value());
  return info.Env().Undefined();
}

// recordedMotion(handle, first frame, count) -> Float32Array [count, 70], normalised; empty if it was taken
// back
Napi::Value RecordedMotion(const Napi::CallbackInfo& info) {
  const auto rows =
      Handle<Run>::Get(info[0])->Recorded(info[1].ToNumber().Int64Value(), info[2].ToNumber().Int64Value());
  return FloatsToJs(info.Env(), rows);
}

LoopPast PastOf(const Napi::Value& value) {
  if (value.IsUndefined()) return {};
  const Napi::Object past = value.ToObject();
  return {MotionOf(past), {GetFrame(past, "clock"), GetFrame(past, "join"), GetFrame(past, "behind")}};
}

// interruptSpeech(handle, first frame that is forgotten, { motion, clock, join, behind } | undefined), while
// no sound is being heard
Napi::Value InterruptSpeech(const Napi::CallbackInfo& info) {
  Handle<Run>::Get(info[0])->Interrupt(info[1].ToNumber().Int64Value(), PastOf(info[2]));
  return info.Env().Undefined();
}

// skipFrames(handle, count)
Napi::Value SkipFrames(const Napi::CallbackInfo& info) {
  Handle<Run>::Get(info[0])->Skip(info[1].ToNumber().Int64Value());
  return info.Env().Undefined();
}

PixelFormat PixelFormatOf(const std::string& name) {
  if (name == "yuv420p") return PixelFormat::kI420;
  if (name == "nv12") return PixelFormat::kNv12;
  return name == "rgbf32" ? PixelFormat::kFloat : PixelFormat::kRgb;
}

// readFrame(handle, Uint8Array, 'rgb24' | 'yuv420p' | 'nv12' | 'rgbf32', portrait | undefined) ->
// Promise<index of the frame written, -1 after the last, -2 if the frame was interrupted>
Napi::Value ReadFrame(const Napi::CallbackInfo& info) {
  auto run = Handle<Run>::Get(info[0]);
  const Bytes out = BytesOf(info[1], "the frame");
  const PixelFormat format = PixelFormatOf(info[2].ToString());
  if (out.size < run->frame_bytes(format)) {
    throw Error("INVALID_ARGUMENT", "Expected " + std::to_string(run->frame_bytes(format)) +
                                        " bytes for a frame but received " + std::to_string(out.size));
  }
  auto source = info[3].IsUndefined() ? nullptr : Handle<Portrait>::Get(info[3]);
  const auto begin = [&](const std::shared_ptr<Reply>& reply) {
    const auto answer = [reply](std::int64_t index, std::exception_ptr error) {
      const auto value = [index](Napi::Env env) {
        return Napi::Number::New(env, static_cast<double>(index));
      };
      reply->Send({value, std::move(error)});
    };
    run->Read(format, out.data, answer, std::move(source));
  };
  return Instance::Of(info.Env()).jobs().Ask(info.Env(), begin, info[1].As<Napi::Object>());
}

Napi::Value MotionToJs(Napi::Env env, const Run::Motion& motion) {
  Napi::Object result = Napi::Object::New(env);
  result.Set("motion", FloatsToJs(env, motion.motion));
  result.Set("raw", FloatsToJs(env, motion.raw));
  return result;
}

void SendMotion(Reply& reply, Run::Motion motion, std::exception_ptr error) noexcept {
  try {
    auto kept = std::make_shared<Run::Motion>(std::move(motion));
    reply.Send({[kept](Napi::Env env) { return MotionToJs(env, *kept); }, std::move(error)});
  } catch (...) {
    reply.Fail(std::current_exception());
  }
}

// readMotion(handle) -> Promise<{ motion, raw }>, Float32Arrays [frames, 70]
Napi::Value ReadMotion(const Napi::CallbackInfo& info) {
  auto run = Handle<Run>::Get(info[0]);
  return Instance::Of(info.Env()).jobs().Ask(info.Env(), [&run](const std::shared_ptr<Reply>& reply) {
    run->ReadMotion([reply](Run::Motion motion, std::exception_ptr error) {
      SendMotion(*reply, std::move(motion), std::move(error));
    });
  });
}

// runProgress(handle) -> { frames, sampled, exactFrom, graphsRefused }
Napi::Value RunProgress(const Napi::CallbackInfo& info) {
  const auto run = Handle<Run>::Get(info[0]);
  Napi::Object result = Napi::Object::New(info.Env());
  result.Set("frames", static_cast<double>(run->frames()));
  result.Set("sampled", static_cast<double>(run->sampled()));
  result.Set("exactFrom", static_cast<double>(run->exact_from()));
  result.Set("graphsRefused", run->graphs_refused());
  return result;
}

// stopRun(handle): pending promises reject with ABORTED
Napi::Value StopRun(const Napi::CallbackInfo& info) {
  Handle<Run>::Get(info[0])->Stop();
  return info.Env().Undefined();
}

// closeRun(handle) -> Promise<void>, settled when the run's threads have ended. Idempotent.
Napi::Value CloseRun(const Napi::CallbackInfo& info) {
  auto work = [run = Handle<Run>::Take(info[0])]() mutable {
    if (run != nullptr) run->Close();
    run.reset();
    return 0;
  };
  return Instance::Of(info.Env()).jobs().Run<int>(info.Env(), std::move(work), [](Napi::Env env, int&) {
    return env.Undefined();
  });
}

}  // namespace

void ExportRun(Napi::Env env, Napi::Object exports) {
  exports.Set("openRun", Napi::Function::New<Call<OpenRun>>(env, "openRun"));
  exports.Set("openStream", Napi::Function::New<Call<OpenStream>>(env, "openStream"));
  exports.Set("hearSpeech", Napi::Function::New<Call<HearSpeech>>(env, "hearSpeech"));
  exports.Set("endSpeech", Napi::Function::New<Call<EndSpeech>>(env, "endSpeech"));
  exports.Set("joinLoop", Napi::Function::New<Call<JoinLoop>>(env, "joinLoop"));
  exports.Set("recordMotion", Napi::Function::New<Call<RecordMotion>>(env, "recordMotion"));
  exports.Set("recordedMotion", Napi::Function::New<Call<RecordedMotion>>(env, "recordedMotion"));
  exports.Set("interruptSpeech", Napi::Function::New<Call<InterruptSpeech>>(env, "interruptSpeech"));
  exports.Set("skipFrames", Napi::Function::New<Call<SkipFrames>>(env, "skipFrames"));
  exports.Set("readFrame", Napi::Function::New<Call<ReadFrame>>(env, "readFrame"));
  exports.Set("readMotion", Napi::Function::New<Call<ReadMotion>>(env, "readMotion"));
  exports.Set("runProgress", Napi::Function::New<Call<RunProgress>>(env, "runProgress"));
  exports.Set("stopRun", Napi::Function::New<Call<StopRun>>(env, "stopRun"));
  exports.Set("closeRun", Napi::Function::New<Call<CloseRun>>(env, "closeRun"));
}

}  // namespace kdtalker::addon
