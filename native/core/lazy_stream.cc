#include "core/lazy_stream.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "core/start_thread.h"

namespace kdtalker {

void LazyStreams::Add(LazyQueue* queue) {
  const std::lock_guard lock(mutex_);
  queues_.push_back(queue);
}

void LazyStreams::Remove(const LazyQueue* queue) noexcept {
  const std::lock_guard lock(mutex_);
  queues_.erase(std::find(queues_.begin(), queues_.end(), queue));
}

void LazyStreams::Drain() noexcept {
  const std::lock_guard lock(mutex_);
  for (LazyQueue* queue : queues_) queue->Finish(queue->added());
}

LazyStream::LazyStream(std::shared_ptr<Device> device, LazyStreams& all)
    : Stream(std::move(device), false), all_(all), queue_(std::make_shared<LazyQueue>()) {
  all_.Add(queue_.get());
  try {
    thread_ = StartThread([queue = queue_.get()] { queue->Serve(); });
  } catch (...) {
    all_.Remove(queue_.get());
    throw;
  }
}

LazyStream::~LazyStream() {
  queue_->End();
  thread_.join();
  all_.Remove(queue_.get());
}

void LazyStream::Move(void* to, const void* from, std::size_t bytes) {
  queue_->Add([to, from, bytes] { std::memcpy(to, from, bytes); });
}

void LazyStream::Copy(void* to, const void* from, std::size_t bytes) {
  Move(device().Resolve(to), device().Resolve(const_cast<void*>(from)), bytes);
}

void LazyStream::CopyIn(void* to, const void* from, std::size_t bytes) {
  Move(device().Resolve(to), from, bytes);
}

void LazyStream::CopyOut(void* to, const void* from, std::size_t bytes) {
  Move(to, device().Resolve(const_cast<void*>(from)), bytes);
}

void LazyStream::CopyInNow(void* to, const void* from, std::size_t bytes) {
  CopyIn(to, from, bytes);
  Synchronise();
}

void LazyStream::CopyOutNow(void* to, const void* from, std::size_t bytes) {
  CopyOut(to, from, bytes);
  Synchronise();
}

void LazyStream::LaunchFunctor(const Functor& functor, void* kernel, std::size_t bytes) {
  device().ResolveArguments(kernel, bytes);
  queue_->Add(functor.run, kernel, bytes);
}

void LazyStream::RunOnHost(void (*run)(const void*), const void* work, std::size_t bytes) {
  queue_->Add(run, work, bytes);
}

void LazyStream::Record(Event& event) {
  auto& recorded = static_cast<LazyEvent&>(event);
  recorded.queue_ = queue_;
  recorded.upto_ = queue_->added();
}

void LazyStream::Wait(const Event& event) {
  const auto& recorded = static_cast<const LazyEvent&>(event);
  if (recorded.queue_ == nullptr || recorded.queue_ == queue_) return;
  queue_->Add([queue = recorded.queue_, upto = recorded.upto_] { queue->WaitFor(upto); });
}

void LazyStream::Synchronise() {
  all_.CountSynchronisation();
  queue_->WaitFor(queue_->added());
}

void LazyEvent::Synchronise() {
  if (queue_ != nullptr) queue_->WaitFor(upto_);
}

}  // namespace kdtalker
