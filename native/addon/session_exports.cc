#include <cstring>

#include "addon/exports.h"
#include "addon/handles.h"
#include "addon/values.h"

namespace kdtalker::addon {
namespace {

Napi::Array SlotsToJs(Napi::Env env, const std::vector<Slot>& slots) {
  Napi::Array array = Napi::Array::New(env, slots.size());
  for (std::uint32_t i = 0; i < slots.size(); i++) {
    Napi::Object slot = Napi::Object::New(env);
    slot.Set("name", slots[i].name);
    slot.Set("type", TypeName(slots[i].type));
    slot.Set("dims", DimsToJs(env, slots[i].dims));
    array.Set(i, slot);
  }
  return array;
}

// openSession(file, threads, brief) -> Promise<{ handle, inputs, outputs }>
Napi::Value OpenSession(const Napi::CallbackInfo& info) {
  Instance& instance = Instance::Of(info.Env());
  auto work = [runtime = instance.runtime(), file = info[0].ToString().Utf8Value(),
               threads = info[1].ToNumber().Int32Value(), brief = info[2].ToBoolean().Value()] {
    return std::make_shared<Session>(runtime, file, threads, brief);
  };
  return instance.jobs().Run<std::shared_ptr<Session>>(
      info.Env(), std::move(work), [](Napi::Env env, std::shared_ptr<Session>& session) -> Napi::Value {
        Napi::Object result = Napi::Object::New(env);
        result.Set("inputs", SlotsToJs(env, session->inputs()));
        result.Set("outputs", SlotsToJs(env, session->outputs()));
        result.Set("handle", Handle<Session>::Make(env, std::move(session)));
        return result;
      });
}

HostTensor Collect(const Ort::Value& value, Type type) {
  const auto info = value.GetTensorTypeAndShapeInfo();
  HostTensor tensor{type, info.GetShape(), {}};
  tensor.bytes.resize(info.GetElementCount() * SizeOf(type));
  if (!tensor.bytes.empty()) std::memcpy(tensor.bytes.data(), value.GetTensorRawData(), tensor.bytes.size());
  return tensor;
}

HostTensors RunOnHost(Session& session, const HostTensors& feeds) {
  const auto device = MakeCpuDevice();
  std::vector<const char*> names, outputs;
  std::vector<Tensor> tensors;
  std::vector<Ort::Value> values;
  for (const Slot& slot : session.inputs()) {
    const HostTensor& feed = FeedOf(slot, feeds);
    tensors.emplace_back(device, slot.type, feed.dims);
    std::memcpy(tensors.back().address(), feed.bytes.data(), tensors.back().bytes());
    names.push_back(slot.name.c_str());
    values.push_back(ValueOver(tensors.back()));
  }
  for (const Slot& slot : session.outputs()) outputs.push_back(slot.name.c_str());
  const auto results = session.handle().Run(Ort::RunOptions(), names.data(), values.data(), values.size(),
                                            outputs.data(), outputs.size());
  HostTensors collected;
  for (std::size_t i = 0; i < results.size(); i++) {
    collected[session.outputs()[i].name] = Collect(results[i], session.outputs()[i].type);
  }
  return collected;
}

// runSession(handle, feeds) -> Promise<tensors by name>
Napi::Value RunSession(const Napi::CallbackInfo& info) {
  auto work = [session = Handle<Session>::Get(info[0]), feeds = HostTensorsOf(info[1].ToObject())] {
    return RunOnHost(*session, feeds);
  };
  return Instance::Of(info.Env())
      .jobs()
      .Run<HostTensors>(info.Env(), std::move(work),
                        [](Napi::Env env, HostTensors& tensors) { return ToJs(env, tensors); });
}

}  // namespace

void ExportSession(Napi::Env env, Napi::Object exports) {
  exports.Set("openSession", Napi::Function::New<Call<OpenSession>>(env, "openSession"));
  exports.Set("runSession", Napi::Function::New<Call<RunSession>>(env, "runSession"));
  exports.Set("closeSession", Napi::Function::New<Call<CloseHandle<Session>>>(env, "closeSession"));
}

}  // namespace kdtalker::addon
