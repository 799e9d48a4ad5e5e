#include "addon/exports.h"
#include "addon/instance.h"
#include "addon/values.h"
#include "core/activity.h"
#include "core/ceiling.h"
#include "core/cuda_report.h"
#include "core/provider_report.h"

namespace kdtalker::addon {
namespace {

// openRuntime(library, first, threads) -> { library, version }
Napi::Value OpenRuntime(const Napi::CallbackInfo& info) {
  Instance& instance = Instance::Of(info.Env());
  instance.OpenRuntime(info[0].ToString(), info[1].ToString(), info[2].ToNumber().Int32Value());
  Napi::Object result = Napi::Object::New(info.Env());
  result.Set("library", instance.runtime()->library());
  result.Set("version", instance.runtime()->version());
  return result;
}

// stopAll(), before the process exits: when it returns, no engine thread works, and none will start
Napi::Value StopAll(const Napi::CallbackInfo& info) {
  Activity::StopAll();
  return info.Env().Undefined();
}

// externalMemory() -> bytes reported to the garbage collector, by this addon and others
Napi::Value ExternalMemory(const Napi::CallbackInfo& info) {
  const std::int64_t bytes = Napi::MemoryManagement::AdjustExternalMemory(info.Env(), 0);
  return Napi::Number::New(info.Env(), static_cast<double>(bytes));
}

Napi::Value CeilingsToJs(Napi::Env env, const std::vector<Ceiling>& ceilings) {
  Napi::Array list = Napi::Array::New(env, ceilings.size());
  for (std::uint32_t i = 0; i < ceilings.size(); i++) {
    Napi::Object ceiling = Napi::Object::New(env);
    ceiling.Set("precision", ceilings[i].precision);
    ceiling.Set("unit", ceilings[i].unit);
    ceiling.Set("oneCore", ceilings[i].one_core);
    ceiling.Set("allCores", ceilings[i].all_cores);
    list.Set(i, ceiling);
  }
  return list;
}

// measureCeilings(threads) -> Promise<{ precision, unit, oneCore, allCores }[]>
Napi::Value MeasureCeilingsAsync(const Napi::CallbackInfo& info) {
  const int threads = info[0].ToNumber().Int32Value();
  return Instance::Of(info.Env())
      .jobs()
      .Run<std::vector<Ceiling>>(
          info.Env(), [threads] { return MeasureCeilings(threads); },
          [](Napi::Env env, std::vector<Ceiling>& ceilings) { return CeilingsToJs(env, ceilings); });
}

Napi::Value GpuToJs(Napi::Env env, const GpuReport& report) {
  Napi::Object gpu = Napi::Object::New(env);
  gpu.Set("name", report.name);
  gpu.Set("uuid", report.uuid);
  gpu.Set("capability", report.capability);
  gpu.Set("multiprocessors", report.multiprocessors);
  gpu.Set("bytes", static_cast<double>(report.bytes));
  gpu.Set("free", static_cast<double>(report.free));
  gpu.Set("error", report.error);
  gpu.Set("wrong", report.wrong);
  return gpu;
}

Napi::Value ReportToJs(Napi::Env env, const CudaReport& report) {
  Napi::Object result = Napi::Object::New(env);
  Napi::Array gpus = Napi::Array::New(env, report.gpus.size());
  for (std::uint32_t i = 0; i < report.gpus.size(); i++) gpus.Set(i, GpuToJs(env, report.gpus[i]));
  result.Set("library", report.file);
  result.Set("driver", report.driver);
  result.Set("runtime", report.runtime);
  result.Set("gpus", gpus);
  return result;
}

// examineGpus() -> Promise<{ library, driver, runtime, gpus }>
Napi::Value ExamineGpusAsync(const Napi::CallbackInfo& info) {
  return Instance::Of(info.Env())
      .jobs()
      .Run<CudaReport>(
          info.Env(), [] { return ExamineGpus(); },
          [](Napi::Env env, CudaReport& report) { return ReportToJs(env, report); });
}

Napi::Value ProviderToJs(Napi::Env env, const ProviderReport& report) {
  Napi::Object provider = Napi::Object::New(env);
  provider.Set("library", report.file);
  provider.Set("form", report.plugin ? "plugin" : "inside");
  provider.Set("error", report.error);
  return provider;
}

// examineProvider("cuda" or "tensorrt") -> Promise<{ library, form, error }>
Napi::Value ExamineProviderAsync(const Napi::CallbackInfo& info) {
  Instance& instance = Instance::Of(info.Env());
  auto work = [runtime = instance.runtime(), provider = ProviderOf(std::string(info[0].ToString()))] {
    return ExamineProvider(*runtime, provider);
  };
  return instance.jobs().Run<ProviderReport>(
      info.Env(), std::move(work),
      [](Napi::Env env, ProviderReport& report) { return ProviderToJs(env, report); });
}

}  // namespace

void ExportRuntime(Napi::Env env, Napi::Object exports) {
  exports.Set("openRuntime", Napi::Function::New<Call<OpenRuntime>>(env, "openRuntime"));
  exports.Set("stopAll", Napi::Function::New<Call<StopAll>>(env, "stopAll"));
  exports.Set("externalMemory", Napi::Function::New<Call<ExternalMemory>>(env, "externalMemory"));
  exports.Set("examineGpus", Napi::Function::New<Call<ExamineGpusAsync>>(env, "examineGpus"));
  exports.Set("examineProvider", Napi::Function::New<Call<ExamineProviderAsync>>(env, "examineProvider"));
  exports.Set("measureCeilings", Napi::Function::New<Call<MeasureCeilingsAsync>>(env, "measureCeilings"));
}

}  // namespace kdtalker::addon
