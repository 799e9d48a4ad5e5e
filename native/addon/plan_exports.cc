#include <algorithm>
#include <memory>
#include <vector>

#include "addon/exports.h"
#include "addon/handles.h"
#include "addon/instance.h"
#include "addon/values.h"

namespace kdtalker::addon {
namespace {

using plan::PlanNetwork;

// openPlanNetwork(weights, device) -> Promise<handle>
Napi::Value OpenPlanNetwork(const Napi::CallbackInfo& info) {
  auto work = [weights = info[0].ToString().Utf8Value(), device = info[1].ToString().Utf8Value()] {
    return std::make_shared<PlanNetwork>(OpenDevice(device), weights);
  };
  return Instance::Of(info.Env())
      .jobs()
      .Run<std::shared_ptr<PlanNetwork>>(info.Env(), std::move(work),
                                         [](Napi::Env env, std::shared_ptr<PlanNetwork>& network) {
                                           return Handle<PlanNetwork>::Make(env, std::move(network));
                                         });
}

// runPlanNetwork(handle, plan, feeds) -> Promise<tensors by name>
Napi::Value RunPlanNetwork(const Napi::CallbackInfo& info) {
  auto work = [network = Handle<PlanNetwork>::Get(info[0]), file = info[1].ToString().Utf8Value(),
               feeds = HostTensorsOf(info[2].ToObject())] { return network->Run(file, feeds); };
  return Instance::Of(info.Env())
      .jobs()
      .Run<HostTensors>(info.Env(), std::move(work),
                        [](Napi::Env env, HostTensors& tensors) { return ToJs(env, tensors); });
}

// timePlanKernels(handle, plan, rounds) -> Promise<Float64Array of milliseconds>
Napi::Value TimePlanKernels(const Napi::CallbackInfo& info) {
  auto work = [network = Handle<PlanNetwork>::Get(info[0]), file = info[1].ToString().Utf8Value(),
               rounds = info[2].ToNumber().Int32Value()] { return network->TimeKernels(file, rounds); };
  return Instance::Of(info.Env())
      .jobs()
      .Run<std::vector<double>>(info.Env(), std::move(work), [](Napi::Env env, std::vector<double>& each) {
        Napi::Float64Array result = Napi::Float64Array::New(env, each.size());
        std::copy(each.begin(), each.end(), result.Data());
        return result;
      });
}

}  // namespace

void ExportPlan(Napi::Env env, Napi::Object exports) {
  exports.Set("openPlanNetwork", Napi::Function::New<Call<OpenPlanNetwork>>(env, "openPlanNetwork"));
  exports.Set("runPlanNetwork", Napi::Function::New<Call<RunPlanNetwork>>(env, "runPlanNetwork"));
  exports.Set("timePlanKernels", Napi::Function::New<Call<TimePlanKernels>>(env, "timePlanKernels"));
  exports.Set("closePlanNetwork",
              Napi::Function::New<Call<CloseHandle<PlanNetwork>>>(env, "closePlanNetwork"));
}

}  // namespace kdtalker::addon
