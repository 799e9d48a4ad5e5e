// Capture and graphs. A graph's nodes run in an order drawn from the seed, among those that its edges allow.
#include <algorithm>
#include <memory>
#include <random>

#include "cuda/double/fake/stream.h"

namespace fake {
namespace {

std::size_t Index(int at) {
  return static_cast<std::size_t>(at);
}

bool IsReady(const Node& node, const std::vector<char>& done) {
  return std::all_of(node.after.begin(), node.after.end(), [&](int at) { return done[Index(at)] != 0; });
}

void RunGraph(const std::vector<Node>& nodes, unsigned seed) {
  std::mt19937 random(seed);
  std::vector<char> tokens(nodes.size()), done(nodes.size());
  for (std::size_t count = 0; count < nodes.size(); count++) {
    std::size_t next = seed == 0 ? 0 : random() % nodes.size();
    while (done[next] != 0 || !IsReady(nodes[next], done)) next = (next + 1) % nodes.size();
    std::vector<void*> after;
    for (const int at : nodes[next].after) after.push_back(&tokens[Index(at)]);
    simt::RunApart(nodes[next].work, after.data(), after.size(), &tokens[next]);
    done[next] = 1;
  }
  for (char& token : tokens) simt::Acquire(&token);
}

// Whether every node is before the last one of the stream that began the capture.
bool IsJoined(const Capture& capture, int tip) {
  std::vector<bool> joined(capture.nodes.size());
  std::vector<int> open{tip};
  while (!open.empty()) {
    const int at = open.back();
    open.pop_back();
    if (at < 0 || joined[Index(at)]) continue;
    joined[Index(at)] = true;
    const std::vector<int>& after = capture.nodes[Index(at)].after;
    open.insert(open.end(), after.begin(), after.end());
  }
  return std::find(joined.begin(), joined.end(), false) == joined.end();
}

bool EndCapturing() {
  Hidden hidden(Get().mutex);
  return Get().capturing.extract(std::this_thread::get_id()).mapped();
}

}  // namespace
}  // namespace fake

using namespace fake;

extern "C" {

cudaError_t cudaStreamBeginCapture(cudaStream_t stream, cudaStreamCaptureMode mode) {
  FAKE_CALL;
  if (mode != cudaStreamCaptureModeThreadLocal) simt::Fail("a capture that other threads' calls would spoil");
  if (stream->capture) return Give(cudaErrorIllegalState);
  stream->capture = std::make_shared<Capture>();
  stream->capture->tips[stream] = -1;
  Hidden hidden(Get().mutex);
  Get().capturing.emplace(std::this_thread::get_id(), false);
  return cudaSuccess;
}
// Ends the capture even if the call fails.
cudaError_t cudaStreamEndCapture(cudaStream_t stream, cudaGraph_t* graph) {
  const auto capture = std::exchange(stream->capture, nullptr);
  const bool spoilt = capture && EndCapturing();
  if (capture)
    for (const auto& [other, tip] : capture->tips) other->capture = nullptr;
  *graph = nullptr;
  FAKE_CALL;
  if (!capture) return Give(cudaErrorIllegalState);
  if (spoilt) return Give(cudaErrorStreamCaptureInvalidated);
  if (!IsJoined(*capture, capture->tips[stream])) return Give(cudaErrorStreamCaptureUnjoined);
  *graph = new CUgraph_st{std::move(capture->nodes)};
  return cudaSuccess;
}
cudaError_t cudaGraphInstantiate(cudaGraphExec_t* exec, cudaGraph_t graph, unsigned long long) {
  FAKE_CALL;
  *exec = new CUgraphExec_st{std::make_shared<const std::vector<Node>>(graph->nodes)};
  return cudaSuccess;
}
cudaError_t cudaGraphLaunch(cudaGraphExec_t exec, cudaStream_t stream) {
  FAKE_CALL;
  Count(&Counters::graph_launches);
  return Submit(stream, [nodes = exec->nodes, seed = Set().seed] { RunGraph(*nodes, seed); });
}
// Gone even if the call fails, as events.
cudaError_t cudaGraphDestroy(cudaGraph_t graph) {
  const std::unique_ptr<CUgraph_st> owned(graph);
  FAKE_CALL;
  return cudaSuccess;
}
cudaError_t cudaGraphExecDestroy(cudaGraphExec_t exec) {
  const std::unique_ptr<CUgraphExec_st> owned(exec);
  FAKE_WAITS;
  return cudaSuccess;
}

}  // extern "C"
