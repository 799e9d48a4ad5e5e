#include "cuda/functors.h"
#include "cuda/handles.h"

namespace kdtalker::cuda {
namespace {

// CUDA gives urgent streams the lower numbers.
cudaError_t Create(Stream& stream, bool urgent) {
  int least = 0, greatest = 0;
  const cudaError_t error = cudaDeviceGetStreamPriorityRange(&least, &greatest);
  if (error != cudaSuccess) return error;
  return cudaStreamCreateWithPriority(&stream.handle, cudaStreamNonBlocking, urgent ? greatest : least);
}

Status MakeStream(Device* device, bool urgent, Stream** stream) {
  *stream = nullptr;
  return RunOn(*device, [&] {
    auto made = std::make_unique<Stream>(*device);
    made->progress = device->streams.Add();
    const cudaError_t error = Create(*made, urgent);
    if (error == cudaSuccess) {
      *stream = made.release();
    } else {
      device->streams.Remove(made->progress);
    }
    return error;
  });
}

// What the stream was given before this call is done.
cudaError_t Synchronise(Stream& stream) {
  const std::uint64_t given = stream.progress->given;
  const cudaError_t error = cudaStreamSynchronize(stream.handle);
  if (error == cudaSuccess) stream.progress->Reach(given);
  return error;
}

Status SynchroniseStream(Stream* stream) {
  stream->device.synchronisations++;
  return RunOn(stream->device, [&] { return Synchronise(*stream); });
}

// Of a lost device nothing runs any more, so that its memory counts as unused.
void DestroyStream(Stream* stream) {
  const std::unique_ptr<Stream> owned(stream);
  RunOn(stream->device, [&] {
    Synchronise(*stream);
    return cudaStreamDestroy(stream->handle);
  });
  stream->progress->Reach(stream->progress->given);
  stream->device.streams.Remove(stream->progress);
}

void* HandleOf(Stream* stream) {
  stream->progress->lent = true;
  return stream->handle;
}

Status LaunchFunctor(Stream* stream, int functor, const void* kernel, std::size_t bytes) {
  return RunOn(stream->device, [&] {
    if (!stream->capturing) stream->device.launches++;
    return stream->Given(LaunchNumber(stream->handle, functor, kernel, bytes));
  });
}

Status Copy(Stream* stream, void* to, const void* from, std::size_t bytes, Direction direction) {
  constexpr cudaMemcpyKind kKinds[] = {cudaMemcpyHostToDevice, cudaMemcpyDeviceToHost,
                                       cudaMemcpyDeviceToDevice};
  return RunOn(stream->device, [&] {
    return stream->Given(
        cudaMemcpyAsync(to, from, bytes, kKinds[static_cast<int>(direction)], stream->handle));
  });
}

Status MakeEvent(Device* device, bool timed, Event** event) {
  *event = nullptr;
  return RunOn(*device, [&] {
    auto made = std::make_unique<Event>(*device);
    const cudaError_t error =
        cudaEventCreateWithFlags(&made->handle, timed ? cudaEventDefault : cudaEventDisableTiming);
    if (error == cudaSuccess) *event = made.release();
    return error;
  });
}

void DestroyEvent(Event* event) {
  const std::unique_ptr<Event> owned(event);
  RunOn(event->device, [&] { return cudaEventDestroy(event->handle); });
}

// A library that was given the stream may have changed the thread's device.
Status Record(Event* event, Stream* stream) {
  if (stream->progress->lent) Device::Left();
  return RunOn(stream->device, [&] {
    const cudaError_t error = stream->Given(cudaEventRecord(event->handle, stream->handle));
    event->progress = stream->capturing ? nullptr : stream->progress;
    event->given = stream->progress->given;
    return error;
  });
}

Status Wait(Stream* stream, Event* event) {
  return RunOn(stream->device, [&] {
    const cudaError_t error = stream->Given(cudaStreamWaitEvent(stream->handle, event->handle, 0));
    if (!stream->capturing && event->progress && event->progress->lent)
      stream->progress->Follow(event->progress, event->given);
    return error;
  });
}

Status SynchroniseEvent(Event* event) {
  event->device.synchronisations++;
  return RunOn(event->device, [&] {
    const auto progress = event->progress;
    const std::uint64_t given = event->given;
    const cudaError_t error = cudaEventSynchronize(event->handle);
    if (error == cudaSuccess && progress) progress->Reach(given);
    return error;
  });
}

Status Elapsed(Event* begin, Event* end, float* milliseconds) {
  return RunOn(end->device, [&] { return cudaEventElapsedTime(milliseconds, begin->handle, end->handle); });
}

}  // namespace

cudaError_t Stream::Given(cudaError_t error) {
  if (!capturing) progress->given++;
  return error;
}

void AddStreams(Api& api) {
  api.make_stream = &MakeStream;
  api.destroy_stream = &DestroyStream;
  api.synchronise = &SynchroniseStream;
  api.handle_of = &HandleOf;
  api.launch = &LaunchFunctor;
  api.copy = &Copy;
  api.make_event = &MakeEvent;
  api.destroy_event = &DestroyEvent;
  api.record = &Record;
  api.wait = &Wait;
  api.synchronise_event = &SynchroniseEvent;
  api.elapsed = &Elapsed;
}

}  // namespace kdtalker::cuda
