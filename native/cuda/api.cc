// The library's one symbol.
#include "core/kernel_list.h"
#include "cuda/abi.h"
#include "cuda/functors.h"
#include "cuda/handles.h"

namespace kdtalker::cuda {
namespace {

const char* NameOf(Status status) {
  return cudaGetErrorName(static_cast<cudaError_t>(status));
}
const char* TextOf(Status status) {
  return cudaGetErrorString(static_cast<cudaError_t>(status));
}

Api MakeApi() {
  Api api{};
  api.functors = kernels::ListHash();
  api.name_of = &NameOf;
  api.text_of = &TextOf;
  AddDevices(api);
  AddStreams(api);
  AddGraphs(api);
  return api;
}

}  // namespace
}  // namespace kdtalker::cuda

__attribute__((visibility("default"))) const kdtalker::cuda::Api* kdtalker_cuda(int version) {
  static const kdtalker::cuda::Api api = kdtalker::cuda::MakeApi();
  return version == kdtalker::cuda::kAbiVersion ? &api : nullptr;
}
