#include <memory>

#include "addon/exports.h"
#include "addon/instance.h"
#include "addon/values.h"
#include "kernels/cpu/isa.h"
#include "kernels/cpu/kernel_table.h"
#include "ops/weight_layout.h"

namespace kdtalker::addon {
namespace {

struct Request {
  ops::WeightLayout layout;
  std::vector<float> weights;
};

std::shared_ptr<Request> RequestOf(const Napi::CallbackInfo& info) {
  const Napi::Object layout = info[0].ToObject();
  auto request = std::make_shared<Request>();
  request->layout.op = Get(layout, "operator").ToString().Utf8Value();
  request->layout.bf16 = Get(layout, "precision").ToString().Utf8Value() == "bf16";
  request->layout.outputs = GetInt(layout, "outputs");
  request->layout.inputs = GetInt(layout, "inputs");
  const auto kernel = Get(layout, "kernel").As<Napi::Array>();
  for (std::uint32_t i = 0; i < kernel.Length(); i++)
    request->layout.kernel.push_back(kernel.Get(i).ToNumber().Int64Value());
  const auto given = [&layout](const char* key) { return !layout.Get(key).IsUndefined(); };
  if (given("algorithm")) request->layout.algorithm = Get(layout, "algorithm").ToString().Utf8Value();
  if (given("factor")) request->layout.factor = GetInt(layout, "factor");
  const auto weights = info[1].As<Napi::Float32Array>();
  request->weights.assign(weights.Data(), weights.Data() + weights.ElementLength());
  return request;
}

// layOutWeights(layout, weights) -> Promise<Uint8Array>
Napi::Value LayOutWeights(const Napi::CallbackInfo& info) {
  return Instance::Of(info.Env())
      .jobs()
      .Run<std::vector<std::uint8_t>>(
          info.Env(),
          [request = RequestOf(info)] { return ops::LayOutWeights(request->layout, request->weights); },
          [](Napi::Env env, std::vector<std::uint8_t>& bytes) -> Napi::Value {
            return Napi::Buffer<std::uint8_t>::Copy(env, bytes.data(), bytes.size());
          });
}

// cpuFeatures() -> { isa, bf16 }: what the kernels use of this processor
Napi::Value CpuFeatures(const Napi::CallbackInfo& info) {
  const kernels::CpuKernels& best = kernels::BestCpuKernels();
  Napi::Object result = Napi::Object::New(info.Env());
  result.Set("isa", kernels::IsaName(best.isa));
  result.Set("bf16", best.of_bf16.multiplies);
  return result;
}

}  // namespace

void ExportWeights(Napi::Env env, Napi::Object exports) {
  exports.Set("layOutWeights", Napi::Function::New<Call<LayOutWeights>>(env, "layOutWeights"));
  exports.Set("cpuFeatures", Napi::Function::New<Call<CpuFeatures>>(env, "cpuFeatures"));
}

}  // namespace kdtalker::addon
