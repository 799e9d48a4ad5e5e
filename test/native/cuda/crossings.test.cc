#include "cuda/crossings.h"

#include "cuda/array.h"

namespace {

TEST_CASE("streams: an event orders the work of two") {
  InEachOrder([] { TwoStreams(true); });
}

TEST_CASE("graphs: branches that are joined in time give the same, launch after launch") {
  InEachOrder([] { TwoBranches(Join::kInTime); });
}

TEST_CASE("graphs: a branch that is not joined is refused") {
  TwoBranches(Join::kNever);
}

TEST_CASE("graphs: what waits spoils a capture") {
  const CudaStream stream;
  OK(cudaStreamBeginCapture(stream, cudaStreamCaptureModeThreadLocal));
  CHECK(cudaStreamSynchronize(stream) == cudaErrorStreamCaptureUnsupported);
  cudaGraph_t graph;
  CHECK(cudaStreamEndCapture(stream, &graph) == cudaErrorStreamCaptureInvalidated);
}

TEST_CASE("blocks: an atomic addition counts each block once") {
  InEachOrder([] { BlocksAdd(true); });
}

TEST_CASE("frames: the host reads after the frame's event") {
  InEachOrder([] { ReadFrame(true); });
}

}  // namespace
