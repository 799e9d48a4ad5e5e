#include "cuda/crossings.h"

#include <vector>

#include "cuda/array.h"
#include "kernels/ddim.h"
#include "kernels/normal.h"

namespace {

using namespace kdtalker;
using cuda::Launch;

constexpr std::int64_t kCount = 2048;

template <class Kernel>
std::vector<float> FilledHere(Kernel fill) {
  std::vector<float> values(kCount);
  fill.out = values.data();
  for (std::int64_t i = 0; i < fill.count(); i++) fill(i);
  return values;
}

kernels::FillNormal Fill(float* to, std::uint32_t step) {
  return {to, kCount, 5, 0, step, kernels::NoisePurpose::kStep};
}

cudaGraph_t CaptureBranches(const CudaStream& first, float* a, float* b, Join join) {
  const CudaStream second;
  const CudaEvent fork, joined;
  OK(cudaStreamBeginCapture(first, cudaStreamCaptureModeThreadLocal));
  OK(cudaEventRecord(fork, first));
  OK(cudaStreamWaitEvent(second, fork, 0));
  OK(Launch(first, cuda::Each<kernels::FillNormal>{Fill(a, 1)}));
  OK(Launch(second, cuda::Each<kernels::FillNormal>{Fill(b, 2)}));
  OK(cudaEventRecord(joined, second));
  if (join == Join::kInTime) OK(cudaStreamWaitEvent(first, joined, 0));
  OK(Launch(first, cuda::Each<kernels::DdimStep>{{a, b, nullptr, kCount, {1.0F, 1.0F, 1.0F, 0.0F, 0.0F}}}));
  if (join == Join::kLate) OK(cudaStreamWaitEvent(first, joined, 0));
  cudaGraph_t graph;
  const cudaError_t ended = cudaStreamEndCapture(first, &graph);
  CHECK(ended == (join == Join::kNever ? cudaErrorStreamCaptureUnjoined : cudaSuccess));
  return graph;
}

void LaunchGraph(cudaGraph_t graph, const CudaStream& stream, int times) {
  cudaGraphExec_t exec;
  OK(cudaGraphInstantiate(&exec, graph, 0));
  OK(cudaGraphDestroy(graph));
  const auto before = fake::Read();
  for (int i = 0; i < times; i++) OK(cudaGraphLaunch(exec, stream));
  stream.Wait();
  const auto after = fake::Read();
  CHECK(after.launches == before.launches);
  CHECK(after.graph_launches == before.graph_launches + static_cast<unsigned>(times));
  CHECK(after.synchronisations == before.synchronisations + 1);
  OK(cudaGraphExecDestroy(exec));
}

template <bool atomic>
struct Tally {
  static constexpr int kThreads = 64, kBlocks = 1;
  using Shared = cuda::NoShared;
  float* sum;
  dim3 grid() const { return dim3(3); }
  void Block(Shared&) const {
    if (threadIdx.x != 0) return;
    if (atomic) {
      atomicAdd(sum, 1.0F);
    } else {
      *sum += 1.0F;
    }
  }
};

}  // namespace

// One stream makes noise, another steps from it.
void TwoStreams(bool with_event) {
  const CudaStream sampling, rendering;
  const CudaEvent made;
  Array<float> x(kCount), e(kCount);
  for (std::int64_t i = 0; i < kCount; i++) e.host[i] = 0.0F;
  e.Send(rendering);
  OK(Launch(sampling, cuda::Each<kernels::FillNormal>{Fill(x.device, 3)}));
  OK(cudaEventRecord(made, sampling));
  if (with_event) OK(cudaStreamWaitEvent(rendering, made, 0));
  OK(Launch(rendering, cuda::Each<kernels::DdimStep>{
                           {x.device, e.device, nullptr, kCount, {1.0F, 0.0F, 2.0F, 0.0F, 0.0F}}}));
  x.Fetch(rendering);
  rendering.Wait();
  sampling.Wait();
  const std::vector<float> noise = FilledHere(Fill(nullptr, 3));
  for (std::int64_t i = 0; i < kCount; i++) CHECK(x.host[i] == 2.0F * noise[static_cast<std::size_t>(i)]);
}

// Two branches in one graph, which is launched five times.
void TwoBranches(Join join) {
  const CudaStream stream;
  Array<float> a(kCount), b(kCount);
  cudaGraph_t graph = CaptureBranches(stream, a.device, b.device, join);
  if (join == Join::kNever) return;
  LaunchGraph(graph, stream, 5);
  a.Fetch(stream);
  b.Fetch(stream);
  stream.Wait();
  const std::vector<float> noise = FilledHere(Fill(nullptr, 1));
  for (std::int64_t i = 0; i < kCount; i++)
    CHECK(a.host[i] == noise[static_cast<std::size_t>(i)] - b.host[i]);
}

// Blocks that add to the same place.
void BlocksAdd(bool with_atomic) {
  const CudaStream stream;
  Array<float> sum(1);
  OK(cudaMemsetAsync(sum.device, 0, sizeof(float), stream));
  OK(with_atomic ? Launch(stream, Tally<true>{sum.device}) : Launch(stream, Tally<false>{sum.device}));
  sum.Fetch(stream);
  stream.Wait();
  CHECK(sum.host[0] == 3.0F);
}

// The event says that the copy out is done; a reader that does not wait for it sees what was there before.
void ReadFrame(bool with_wait) {
  const CudaStream stream;
  const CudaEvent ready;
  Array<float> x(1024);
  x.host[0] = 0.0F;
  OK(cudaMemsetAsync(x.device, 1, x.count * sizeof(float), stream));
  x.Fetch(stream);
  OK(cudaEventRecord(ready, stream));
  if (with_wait) OK(cudaEventSynchronize(ready));
  CHECK(x.host[0] != 0.0F);
  stream.Wait();
}
