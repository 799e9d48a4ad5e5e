#include <algorithm>
#include <string>
#include <utility>

#include "addon/exports.h"
#include "addon/handles.h"
#include "addon/values.h"
#include "engine/prepare.h"

namespace kdtalker::addon {
namespace {

// openTalker(options) -> Promise<handle>
Napi::Value OpenTalker(const Napi::CallbackInfo& info) {
  Instance& instance = Instance::Of(info.Env());
  auto work = [runtime = instance.runtime(), options = TalkerOptionsOf(info[0].ToObject())] {
    return std::make_shared<Talker>(runtime, options);
  };
  return instance.jobs().Run<std::shared_ptr<Talker>>(
      info.Env(), std::move(work), [](Napi::Env env, std::shared_ptr<Talker>& talker) -> Napi::Value {
        return Handle<Talker>::Make(env, std::move(talker));
      });
}

// A promise of `check` passing without an error.
template <class Check>
Napi::Value Checking(const Napi::CallbackInfo& info, Check check) {
  auto work = [check = std::move(check)] {
    check();
    return 0;
  };
  return Instance::Of(info.Env()).jobs().Run<int>(info.Env(), std::move(work), [](Napi::Env env, int&) {
    return env.Undefined();
  });
}

// checkDevice(name) -> Promise<void>: it can be used
Napi::Value CheckDevice(const Napi::CallbackInfo& info) {
  return Checking(info, [name = std::string(info[0].ToString())] { OpenDevice(name); });
}

// checkModel(options) -> Promise<void>
Napi::Value CheckModel(const Napi::CallbackInfo& info) {
  return Checking(info, [runtime = Instance::Of(info.Env()).runtime(),
                         options = TalkerOptionsOf(info[0].ToObject())] { Model::Check(runtime, options); });
}

// prepareRole(options, role, open) -> Promise<void>: what a provider builds for it is in its cache
Napi::Value PrepareRole(const Napi::CallbackInfo& info) {
  return Checking(
      info, [runtime = Instance::Of(info.Env()).runtime(), options = TalkerOptionsOf(info[0].ToObject()),
             role = std::string(info[1].ToString()),
             open = info[2].ToNumber().Int64Value()] { Prepare(runtime, options, role, open); });
}

// addPlans(talker, { roles, window }) -> Promise<void>: plans of roles for the lengths that a clip chooses
Napi::Value AddPlans(const Napi::CallbackInfo& info) {
  const Napi::Object plans = info[1].ToObject();
  return Checking(info, [talker = Handle<Talker>::Get(info[0]), roles = RolesOf(plans, "roles"),
                         window = GetInt(plans, "window")] { talker->AddPlans(roles, window); });
}

Napi::Object CountToJs(Napi::Env env, const CrossingCount& count) {
  Napi::Object object = Napi::Object::New(env);
  object.Set("uploads", Napi::Number::New(env, static_cast<double>(count.uploads)));
  object.Set("uploadBytes", Napi::Number::New(env, static_cast<double>(count.upload_bytes)));
  object.Set("downloads", Napi::Number::New(env, static_cast<double>(count.downloads)));
  object.Set("downloadBytes", Napi::Number::New(env, static_cast<double>(count.download_bytes)));
  return object;
}

// talkerCounters(handle) -> { crossing: { uploads, uploadBytes, downloads, downloadBytes } }
Napi::Value TalkerCounters(const Napi::CallbackInfo& info) {
  Napi::Object result = Napi::Object::New(info.Env());
  for (const CrossingCount& count : Handle<Talker>::Get(info[0])->device()->counters()) {
    result.Set(std::string(count.crossing), CountToJs(info.Env(), count));
  }
  return result;
}

// talkerDeviceBytes(handle) -> bytes allocated on its device
Napi::Value TalkerDeviceBytes(const Napi::CallbackInfo& info) {
  const std::uint64_t bytes = Handle<Talker>::Get(info[0])->device()->held_bytes();
  return Napi::Number::New(info.Env(), static_cast<double>(bytes));
}

// talkerDeviceWork(handle) -> { allocations, launches, graphLaunches, synchronisations }
Napi::Value TalkerDeviceWork(const Napi::CallbackInfo& info) {
  const DeviceWork work = Handle<Talker>::Get(info[0])->device()->work();
  Napi::Object object = Napi::Object::New(info.Env());
  const auto set = [&](const char* name, std::uint64_t value) {
    object.Set(name, Napi::Number::New(info.Env(), static_cast<double>(value)));
  };
  set("allocations", work.allocations);
  set("launches", work.launches);
  set("graphLaunches", work.graph_launches);
  set("synchronisations", work.synchronisations);
  return object;
}

Napi::Object TimesToJs(Napi::Env env, const StageClock::Times& times) {
  Napi::Float64Array recent = Napi::Float64Array::New(env, times.recent.size());
  std::copy(times.recent.begin(), times.recent.end(), recent.Data());
  Napi::Object object = Napi::Object::New(env);
  object.Set("laps", Napi::Number::New(env, static_cast<double>(times.laps)));
  object.Set("milliseconds", Napi::Number::New(env, times.milliseconds));
  object.Set("recent", recent);
  return object;
}

// talkerStages(handle) -> { stage: { laps, milliseconds, recent: Float64Array of milliseconds } }
Napi::Value TalkerStages(const Napi::CallbackInfo& info) {
  const StageClock& clock = Handle<Talker>::Get(info[0])->clock();
  Napi::Object result = Napi::Object::New(info.Env());
  for (int stage = 0; stage < StageClock::kStages; stage++) {
    result.Set(std::string(StageClock::kNames[static_cast<std::size_t>(stage)]),
               TimesToJs(info.Env(), clock.times(static_cast<StageClock::Stage>(stage))));
  }
  return result;
}

// talkerLanes(handle) -> what its lanes do and have done
Napi::Value TalkerLanes(const Napi::CallbackInfo& info) {
  const auto talker = Handle<Talker>::Get(info[0]);
  const Lanes::Stats stats = talker->lanes().stats();
  Napi::Object result = Napi::Object::New(info.Env());
  const auto set = [&](const char* name, double value) {
    result.Set(name, Napi::Number::New(info.Env(), value));
  };
  set("lanes", talker->lane_count());
  set("streams", stats.counts.streams);
  set("load", stats.load);
  set("late", static_cast<double>(stats.late));
  set("underruns", static_cast<double>(stats.underruns));
  set("running", stats.counts.running);
  set("queued", stats.counts.waiting);
  set("seconds", stats.seconds_left);
  set("frame", stats.frame);
  set("step", stats.step);
  set("errors", static_cast<double>(stats.errors));
  set("portraits", static_cast<double>(talker->portraits().load()));
  return result;
}

// weighTenant(handle, tenant, weight)
Napi::Value WeighTenant(const Napi::CallbackInfo& info) {
  Handle<Talker>::Get(info[0])->lanes().Weigh(info[1].ToString(), info[2].ToNumber());
  return info.Env().Undefined();
}

// framesAtOnce(handle) -> the maximum number of frames of a clip that are rendered side by side
Napi::Value FramesAtOnce(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), Handle<Talker>::Get(info[0])->frames_at_once());
}

// talkerDevice(handle) -> the device's name
Napi::Value TalkerDevice(const Napi::CallbackInfo& info) {
  return Napi::String::New(info.Env(), std::string(Handle<Talker>::Get(info[0])->device()->name()));
}

}  // namespace

void ExportTalker(Napi::Env env, Napi::Object exports) {
  exports.Set("openTalker", Napi::Function::New<Call<OpenTalker>>(env, "openTalker"));
  exports.Set("checkDevice", Napi::Function::New<Call<CheckDevice>>(env, "checkDevice"));
  exports.Set("checkModel", Napi::Function::New<Call<CheckModel>>(env, "checkModel"));
  exports.Set("prepareRole", Napi::Function::New<Call<PrepareRole>>(env, "prepareRole"));
  exports.Set("addPlans", Napi::Function::New<Call<AddPlans>>(env, "addPlans"));
  exports.Set("talkerDeviceWork", Napi::Function::New<Call<TalkerDeviceWork>>(env, "talkerDeviceWork"));
  exports.Set("talkerCounters", Napi::Function::New<Call<TalkerCounters>>(env, "talkerCounters"));
  exports.Set("talkerDeviceBytes", Napi::Function::New<Call<TalkerDeviceBytes>>(env, "talkerDeviceBytes"));
  exports.Set("talkerStages", Napi::Function::New<Call<TalkerStages>>(env, "talkerStages"));
  exports.Set("talkerLanes", Napi::Function::New<Call<TalkerLanes>>(env, "talkerLanes"));
  exports.Set("weighTenant", Napi::Function::New<Call<WeighTenant>>(env, "weighTenant"));
  exports.Set("framesAtOnce", Napi::Function::New<Call<FramesAtOnce>>(env, "framesAtOnce"));
  exports.Set("talkerDevice", Napi::Function::New<Call<TalkerDevice>>(env, "talkerDevice"));
  exports.Set("closeTalker", Napi::Function::New<Call<CloseHandle<Talker>>>(env, "closeTalker"));
}

}  // namespace kdtalker::addon
