#include <memory>

#include "cuda/handles.h"

namespace kdtalker::cuda {
namespace {

Status BeginCapture(Stream* stream) {
  return RunOn(stream->device, [&] {
    const cudaError_t error = cudaStreamBeginCapture(stream->handle, cudaStreamCaptureModeThreadLocal);
    stream->capturing = error == cudaSuccess;
    return error;
  });
}

// The captured graph is only needed until it is instantiated. An error of its end that matters comes again.
cudaError_t Instantiate(cudaGraph_t captured, cudaGraphExec_t* exec) {
  const cudaError_t error = cudaGraphInstantiate(exec, captured, 0);
  cudaGraphDestroy(captured);
  return error;
}

Status EndCapture(Stream* stream, Graph** graph) {
  *graph = nullptr;
  return RunOn(stream->device, [&] {
    stream->capturing = false;
    cudaGraph_t captured = nullptr;
    cudaError_t error = cudaStreamEndCapture(stream->handle, &captured);
    if (error != cudaSuccess) return error;
    auto made = std::make_unique<Graph>(stream->device);
    error = Instantiate(captured, &made->exec);
    if (error == cudaSuccess) *graph = made.release();
    return error;
  });
}

Status LaunchGraph(Graph* graph, Stream* stream) {
  stream->device.graph_launches++;
  return RunOn(stream->device, [&] {
    const cudaError_t error = stream->Given(cudaGraphLaunch(graph->exec, stream->handle));
    graph->stream = stream->handle;
    graph->progress = stream->progress;
    graph->given = stream->progress->given;
    return error;
  });
}

// Whether a launch may not be done. The end of a stream counts as the end of its launches.
bool IsRunning(const Graph& graph) {
  return graph.progress != nullptr && graph.progress->done < graph.given;
}

void DestroyGraph(Graph* graph) {
  const std::unique_ptr<Graph> owned(graph);
  RunOn(graph->device, [&] {
    if (IsRunning(*graph)) cudaStreamSynchronize(graph->stream);
    return cudaGraphExecDestroy(graph->exec);
  });
}

}  // namespace

void AddGraphs(Api& api) {
  api.begin_capture = &BeginCapture;
  api.end_capture = &EndCapture;
  api.launch_graph = &LaunchGraph;
  api.destroy_graph = &DestroyGraph;
}

}  // namespace kdtalker::cuda
