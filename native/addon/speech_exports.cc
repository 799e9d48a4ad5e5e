#include <algorithm>
#include <utility>
#include <vector>

#include "addon/exports.h"
#include "addon/handles.h"
#include "addon/values.h"
#include "engine/speech_features.h"

namespace kdtalker::addon {
namespace {

// openSpeech(talker, sampleRate) -> handle
Napi::Value OpenSpeech(const Napi::CallbackInfo& info) {
  auto talker = Handle<Talker>::Get(info[0]);
  auto speech =
      std::make_shared<Speech>(talker->device(), info[1].ToNumber().Int32Value(), talker->options().fps);
  return Handle<Speech>::Make(info.Env(), std::move(speech));
}

// pushSpeech(handle, Float32Array) -> Promise<void>; one at a time
Napi::Value PushSpeech(const Napi::CallbackInfo& info) {
  auto work = [speech = Handle<Speech>::Get(info[0]), samples = FloatsOf(info[1], "samples")] {
    speech->Push(samples.data(), samples.size());
    return 0;
  };
  return Instance::Of(info.Env()).jobs().Run<int>(info.Env(), std::move(work), [](Napi::Env env, int&) {
    return env.Undefined();
  });
}

// finishSpeech(handle) -> Promise<number of video frames>
Napi::Value FinishSpeech(const Napi::CallbackInfo& info) {
  auto work = [speech = Handle<Speech>::Get(info[0])] {
    speech->Finish();
    return speech->frames();
  };
  return Instance::Of(info.Env())
      .jobs()
      .Run<std::int64_t>(info.Env(), std::move(work), [](Napi::Env env, std::int64_t& frames) -> Napi::Value {
        return Napi::Number::New(env, static_cast<double>(frames));
      });
}

// readFeatures(talker, speech, first, count) -> Promise<Float32Array [frames, count]>: channels of the
// features
Napi::Value ReadSpeechFeatures(const Napi::CallbackInfo& info) {
  auto work = [talker = Handle<Talker>::Get(info[0]), speech = Handle<Speech>::Get(info[1]),
               first = info[2].ToNumber().Int64Value(), count = info[3].ToNumber().Int64Value()] {
    return ReadFeatures(*talker, *speech, first, count);
  };
  return Instance::Of(info.Env())
      .jobs()
      .Run<std::vector<float>>(info.Env(), std::move(work),
                               [](Napi::Env env, std::vector<float>& values) -> Napi::Value {
                                 Napi::Float32Array array = Napi::Float32Array::New(env, values.size());
                                 std::copy(values.begin(), values.end(), array.Data());
                                 return array;
                               });
}

}  // namespace

void ExportSpeech(Napi::Env env, Napi::Object exports) {
  exports.Set("openSpeech", Napi::Function::New<Call<OpenSpeech>>(env, "openSpeech"));
  exports.Set("pushSpeech", Napi::Function::New<Call<PushSpeech>>(env, "pushSpeech"));
  exports.Set("finishSpeech", Napi::Function::New<Call<FinishSpeech>>(env, "finishSpeech"));
  exports.Set("readFeatures", Napi::Function::New<Call<ReadSpeechFeatures>>(env, "readFeatures"));
  exports.Set("closeSpeech", Napi::Function::New<Call<CloseHandle<Speech>>>(env, "closeSpeech"));
}

}  // namespace kdtalker::addon
