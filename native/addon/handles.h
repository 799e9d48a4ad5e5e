#pragma once

#include "addon/handle.h"
#include "addon/instance.h"
#include "core/session.h"
#include "engine/portrait.h"
#include "engine/run.h"
#include "engine/speech.h"
#include "engine/talker.h"
#include "engine/trace.h"
#include "plan/plan_network.h"

namespace kdtalker::addon {

template <>
struct HandleType<Session> {
  static constexpr napi_type_tag tag = {0x6b64740000000001, 0x9c1f3a52d7e84b60};
  static constexpr const char* name = "session";
};
template <>
struct HandleType<Talker> {
  static constexpr napi_type_tag tag = {0x6b64740000000002, 0x9c1f3a52d7e84b60};
  static constexpr const char* name = "talker";
};
template <>
struct HandleType<Portrait> {
  static constexpr napi_type_tag tag = {0x6b64740000000003, 0x9c1f3a52d7e84b60};
  static constexpr const char* name = "portrait";
};
template <>
struct HandleType<Speech> {
  static constexpr napi_type_tag tag = {0x6b64740000000004, 0x9c1f3a52d7e84b60};
  static constexpr const char* name = "speech";
};
template <>
struct HandleType<Run> {
  static constexpr napi_type_tag tag = {0x6b64740000000005, 0x9c1f3a52d7e84b60};
  static constexpr const char* name = "clip";
};
template <>
struct HandleType<Trace> {
  static constexpr napi_type_tag tag = {0x6b64740000000006, 0x9c1f3a52d7e84b60};
  static constexpr const char* name = "trace";
};

template <>
struct HandleType<plan::PlanNetwork> {
  static constexpr napi_type_tag tag = {0x6b64740000000007, 0x9c1f3a52d7e84b60};
  static constexpr const char* name = "network of plans";
};

// close<Thing>(handle): releases the handle's reference and resolves once the pool has freed it.
// Idempotent.
template <class T>
Napi::Value CloseHandle(const Napi::CallbackInfo& info) {
  auto share = std::make_shared<std::shared_ptr<T>>(Handle<T>::Take(info[0]));
  return Instance::Of(info.Env())
      .jobs()
      .template Run<int>(
          info.Env(),
          [share] {
            share->reset();
            return 0;
          },
          [](Napi::Env env, int&) { return env.Undefined(); });
}

}  // namespace kdtalker::addon
