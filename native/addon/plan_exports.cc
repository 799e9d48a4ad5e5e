#include <memory>
#include <vector>

#include "addon/exports.h"
#include "addon/instance.h"
#include "addon/values.h"
#include "core/error.h"
#include "core/stream.h"
#include "plan/plan_program.h"

namespace kdtalker::addon {
namespace {

const HostTensor& FeedOf(const Slot& slot, const HostTensors& feeds) {
  const auto found = feeds.find(slot.name);
  if (found == feeds.end())
    throw Error("INVALID_ARGUMENT", "Expected a tensor for input '" + slot.name + "' but received none");
  return found->second;
}

HostTensors RunOnce(const std::string& file, const std::string& weights, const std::string& device_name,
                    const HostTensors& feeds) {
  const auto device = OpenDevice(device_name);
  const auto program = std::make_shared<plan::PlanProgram>(device, file, plan::LoadWeights(device, weights));
  const auto binding = program->MakeBinding();
  const auto stream = device->MakeStream();
  std::vector<Tensor> inputs, outputs;
  for (const Slot& slot : program->inputs()) {
    const HostTensor& feed = FeedOf(slot, feeds);
    const Tensor& tensor = inputs.emplace_back(device, feed.type, feed.dims);
    binding->Input(slot.name, tensor);
    stream->UploadNow(tensor.address(), feed.bytes.data(), tensor.bytes(), Crossing::kTrace);
  }
  for (const Slot& slot : program->outputs())
    binding->Output(slot.name, outputs.emplace_back(device, slot.type, slot.dims));
  binding->Run(*stream, StopToken());
  stream->Synchronise();
  HostTensors results;
  for (std::size_t i = 0; i < outputs.size(); i++) {
    const Slot& slot = program->outputs()[i];
    results[slot.name] = ToHost(DownloadFloats(*stream, outputs[i], Crossing::kTrace), slot.dims);
  }
  return results;
}

// runPlan(plan, weights, device, feeds) -> Promise<tensors by name>
Napi::Value RunPlan(const Napi::CallbackInfo& info) {
  auto work = [file = info[0].ToString().Utf8Value(), weights = info[1].ToString().Utf8Value(),
               device = info[2].ToString().Utf8Value(),
               feeds = HostTensorsOf(info[3].ToObject())] { return RunOnce(file, weights, device, feeds); };
  return Instance::Of(info.Env())
      .jobs()
      .Run<HostTensors>(info.Env(), std::move(work),
                        [](Napi::Env env, HostTensors& tensors) { return ToJs(env, tensors); });
}

}  // namespace

void ExportPlan(Napi::Env env, Napi::Object exports) {
  exports.Set("runPlan", Napi::Function::New<Call<RunPlan>>(env, "runPlan"));
}

}  // namespace kdtalker::addon
