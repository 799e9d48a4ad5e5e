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

using Features = std::vector<std::vector<float>>;

std::vector<Channels> ChannelsOf(const Napi::Value& value) {
  const Napi::Object list = value.ToObject();
  std::vector<Channels> wanted;
  for (std::uint32_t i = 0; i < list.As<Napi::Array>().Length(); i++) {
    const Napi::Object one = list.Get(i).ToObject();
    wanted.push_back({GetInt(one, "first"), GetInt(one, "count")});
  }
  return wanted;
}

Napi::Value FeaturesToJs(Napi::Env env, Features& read) {
  Napi::Array list = Napi::Array::New(env, read.size());
  for (std::size_t i = 0; i < read.size(); i++) {
    Napi::Float32Array array = Napi::Float32Array::New(env, read[i].size());
    std::copy(read[i].begin(), read[i].end(), array.Data());
    list.Set(static_cast<std::uint32_t>(i), array);
  }
  return list;
}

// readFeatures(talker, speech, [{ first, count }]) -> Promise<[Float32Array [frames, count]]>: channels of
// the features
Napi::Value ReadSpeechFeatures(const Napi::CallbackInfo& info) {
  auto work = [talker = Handle<Talker>::Get(info[0]), speech = Handle<Speech>::Get(info[1]),
               wanted = ChannelsOf(info[2])] { return ReadFeatures(*talker, *speech, wanted); };
  return Instance::Of(info.Env()).jobs().Run<Features>(info.Env(), std::move(work), FeaturesToJs);
}

// stopSpeech(handle): a running readFeatures rejects with ABORTED
Napi::Value StopSpeech(const Napi::CallbackInfo& info) {
  Handle<Speech>::Get(info[0])->Stop();
  return info.Env().Undefined();
}

}  // namespace

void ExportSpeech(Napi::Env env, Napi::Object exports) {
  exports.Set("openSpeech", Napi::Function::New<Call<OpenSpeech>>(env, "openSpeech"));
  exports.Set("pushSpeech", Napi::Function::New<Call<PushSpeech>>(env, "pushSpeech"));
  exports.Set("finishSpeech", Napi::Function::New<Call<FinishSpeech>>(env, "finishSpeech"));
  exports.Set("readFeatures", Napi::Function::New<Call<ReadSpeechFeatures>>(env, "readFeatures"));
  exports.Set("stopSpeech", Napi::Function::New<Call<StopSpeech>>(env, "stopSpeech"));
  exports.Set("closeSpeech", Napi::Function::New<Call<CloseHandle<Speech>>>(env, "closeSpeech"));
}

}  // namespace kdtalker::addon
