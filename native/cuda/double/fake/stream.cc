// Each stream is a system thread with a queue, so that what nothing orders does run side by side.
#include "cuda/double/fake/stream.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <memory>
#include <random>
#include <vector>

namespace fake {

void Signal::Set() {
  simt::Release(this);
  Hidden hidden(mutex_);
  time_ = std::chrono::steady_clock::now();
  done_ = true;
  changed_.notify_all();
}

bool Signal::IsSet() {
  Hidden hidden(mutex_);
  return done_;
}

void Signal::Wait() {
  {
    Hidden hidden(mutex_);
    changed_.wait(hidden.lock, [this] { return done_; });
  }
  simt::Acquire(this);
}

int AddNode(Capture& capture, Work work, std::vector<int> after) {
  after.erase(std::remove(after.begin(), after.end(), -1), after.end());
  capture.nodes.push_back({std::move(work), std::move(after)});
  return static_cast<int>(capture.nodes.size()) - 1;
}

cudaError_t Submit(cudaStream_t stream, Work work) {
  if (stream == nullptr) simt::Fail("work on the default stream, which waits for all others");
  if (stream->capture) {
    int& tip = stream->capture->tips[stream];
    tip = AddNode(*stream->capture, std::move(work), {tip});
    return cudaSuccess;
  }
  auto token = std::make_shared<char>();
  simt::Release(token.get());
  Hidden hidden(stream->mutex);
  stream->queue.emplace_back(std::move(work), std::move(token));
  stream->changed.notify_all();
  return cudaSuccess;
}

namespace {

std::atomic<int> waiting{0};

// They stay while somebody looks at them, although another thread destroys them.
std::vector<std::shared_ptr<CUstream_st>> AllStreams() {
  Hidden hidden(Get().mutex);
  std::vector<std::shared_ptr<CUstream_st>> all;
  for (const auto& [handle, stream] : Get().streams) all.push_back(stream);
  return all;
}

}  // namespace

Waiting::Waiting() {
  const simt::Unseen unseen;
  waiting++;
  for (const auto& each : AllStreams()) {
    Hidden hidden(each->mutex);
    each->changed.notify_all();
  }
}

Waiting::~Waiting() {
  const simt::Unseen unseen;
  waiting--;
}

void AwaitAllStreams() {
  for (const auto& each : AllStreams()) each->Await();
}

void EndStreams() {
  for (const auto& each : AllStreams()) each->End();
  Hidden hidden(Get().mutex);
  Get().streams.clear();
}

}  // namespace fake

using namespace fake;

void CUstream_st::Serve() {
  std::mt19937 random(Set().seed);
  for (;;) {
    std::pair<Work, std::shared_ptr<char>> next;
    {
      Hidden hidden(mutex);
      busy = false;
      changed.notify_all();
      changed.wait(hidden.lock, [&] { return closing || (!queue.empty() && MayWork()); });
      if (queue.empty()) return;
      next = std::move(queue.front());
      queue.pop_front();
      busy = true;
    }
    // A late beginning shows what should have waited for this work.
    if (Set().seed != 0) std::this_thread::sleep_for(std::chrono::microseconds(random() % 300));
    simt::Acquire(next.second.get());
    next.first();
    simt::Release(&worker);
    next = {};
  }
}

// What it was given is done first.
void CUstream_st::End() {
  {
    Hidden hidden(mutex);
    closing = true;
    changed.notify_all();
  }
  const Waiting host_waits;
  worker.join();
}

bool CUstream_st::IsDone() {
  Hidden hidden(mutex);
  return queue.empty() && !busy;
}

bool CUstream_st::MayWork() const {
  return !Set().late || waiting > 0;
}

void CUstream_st::Await() {
  const Waiting host_waits;
  {
    Hidden hidden(mutex);
    changed.wait(hidden.lock, [this] { return queue.empty() && !busy; });
  }
  simt::Acquire(&worker);
}

extern "C" {

cudaError_t cudaDeviceGetStreamPriorityRange(int* least, int* greatest) {
  FAKE_CALL;
  *least = 0;
  *greatest = -5;
  return cudaSuccess;
}
cudaError_t cudaStreamCreateWithPriority(cudaStream_t* stream, unsigned flags, int) {
  FAKE_CALL;
  if (flags != cudaStreamNonBlocking) simt::Fail("a stream that waits for the default stream");
  auto made = std::make_shared<CUstream_st>();
  *stream = made.get();
  made->worker = std::thread([stream = made.get()] { stream->Serve(); });
  Hidden hidden(Get().mutex);
  Get().streams.emplace(made.get(), std::move(made));
  return cudaSuccess;
}
cudaError_t cudaStreamDestroy(cudaStream_t stream) {
  FAKE_CALL;
  std::shared_ptr<CUstream_st> owned;
  {
    Hidden hidden(Get().mutex);
    owned = Get().streams.extract(stream).mapped();
  }
  // CUDA does not wait either: the work would go on behind the call.
  if (!owned->IsDone()) simt::Fail("a stream is destroyed whose work is not done");
  owned->End();
  return cudaSuccess;
}
cudaError_t cudaStreamSynchronize(cudaStream_t stream) {
  FAKE_WAITS;
  Count(&Counters::synchronisations);
  stream->Await();
  return cudaSuccess;
}
cudaError_t cudaStreamWaitEvent(cudaStream_t stream, cudaEvent_t event, unsigned) {
  FAKE_CALL;
  if (event->capture && !stream->capture) {
    stream->capture = event->capture;
    stream->capture->tips[stream] = event->node;
  } else if (event->capture) {
    int& tip = stream->capture->tips[stream];
    tip = AddNode(*stream->capture, [] {}, {tip, event->node});
  } else if (const auto signal = event->Last()) {
    if (stream->capture) return Give(cudaErrorStreamCaptureIsolation);
    return Submit(stream, [signal] { signal->Wait(); });
  }
  return cudaSuccess;
}

cudaError_t cudaEventCreateWithFlags(cudaEvent_t* event, unsigned flags) {
  FAKE_CALL;
  *event = new CUevent_st;
  (*event)->timed = flags == cudaEventDefault;
  return cudaSuccess;
}
// Gone even if the call fails, as on a lost device: the double keeps nothing that LeakSanitizer would find.
cudaError_t cudaEventDestroy(cudaEvent_t event) {
  const std::unique_ptr<CUevent_st> owned(event);
  FAKE_CALL;
  return cudaSuccess;
}
cudaError_t cudaEventRecord(cudaEvent_t event, cudaStream_t stream) {
  FAKE_CALL;
  event->capture = stream->capture;
  if (stream->capture) {
    event->node = stream->capture->tips[stream];
    return cudaSuccess;
  }
  auto signal = std::make_shared<Signal>();
  Hidden(event->mutex), event->signal = signal;
  return Submit(stream, [signal] { signal->Set(); });
}
cudaError_t cudaEventSynchronize(cudaEvent_t event) {
  FAKE_WAITS;
  if (event->capture) return Give(cudaErrorStreamCaptureUnsupported);
  Count(&Counters::synchronisations);
  const Waiting host_waits;
  if (const auto signal = event->Last()) signal->Wait();
  return cudaSuccess;
}
cudaError_t cudaEventElapsedTime(float* milliseconds, cudaEvent_t begin, cudaEvent_t end) {
  FAKE_CALL;
  const auto first = begin->Last(), last = end->Last();
  if (!begin->timed || !end->timed || !first || !last) return Give(cudaErrorInvalidValue);
  if (!first->IsSet() || !last->IsSet()) return cudaErrorNotReady;
  const std::chrono::duration<float, std::milli> between = last->time() - first->time();
  *milliseconds = between.count();
  return cudaSuccess;
}

}  // extern "C"
