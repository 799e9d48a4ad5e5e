#include "core/cuda_stream.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace kdtalker {
namespace {

// Memory of the host crosses in pieces of this size, through pinned memory.
constexpr std::size_t kStaged = std::size_t{4} << 20;

class Staging {
 public:
  Staging(const cuda::Api& api, cuda::Device* device, std::size_t bytes) : api_(api), device_(device) {
    status_ = api_.allocate_host(device_, bytes, &data_);
  }
  ~Staging() {
    if (data_ != nullptr) api_.release_host(device_, data_);
  }
  Staging(const Staging&) = delete;
  Staging& operator=(const Staging&) = delete;

  cuda::Status status() const { return status_; }
  void* data() const { return data_; }

 private:
  const cuda::Api& api_;
  cuda::Device* const device_;
  void* data_ = nullptr;
  cuda::Status status_;
};

}  // namespace

void CudaFailure::Keep(cuda::Status status, const char* what) noexcept {
  if (status == 0 || happened()) return;
  what_ = what;
  status_ = status;
}

void CudaFailure::Throw() const {
  library_.Check(status_.load(), device_, what_.load());
}

CudaStream::CudaStream(std::shared_ptr<Device> device, const CudaLibrary& library, cuda::Device* owner,
                       cuda::Stream* handle, bool graphs)
    : Stream(std::move(device), false),
      api_(library.api()),
      owner_(owner),
      handle_(handle),
      library_(library),
      graphs_(graphs),
      failure_(NewFailure()) {}

CudaStream::~CudaStream() {
  api_.destroy_stream(handle_);
}

std::shared_ptr<CudaFailure> CudaStream::NewFailure() const {
  return std::make_shared<CudaFailure>(library_, std::string(device().name()));
}

template <class Give>
void CudaStream::Do(const char* what, Give give) {
  if (!failure_->happened()) failure_->Keep(give(), what);
}

void CudaStream::LaunchFunctor(const Functor& functor, void* kernel, std::size_t bytes) {
  Do("a kernel", [&] { return api_.launch(handle_, functor.number, kernel, bytes); });
}

void CudaStream::RunOnHost(void (*)(const void*), const void*, std::size_t) {
  throw Error("DEVICE_UNAVAILABLE",
              "Expected work of device '" + std::string(device().name()) + "' but received some of the host");
}

void CudaStream::Copy(void* to, const void* from, std::size_t bytes) {
  Do("a copy", [&] { return api_.copy(handle_, to, from, bytes, cuda::Direction::kWithin); });
}

void CudaStream::CopyIn(void* to, const void* from, std::size_t bytes) {
  Do("an upload", [&] { return api_.copy(handle_, to, from, bytes, cuda::Direction::kIn); });
}

void CudaStream::CopyOut(void* to, const void* from, std::size_t bytes) {
  Do("a download", [&] { return api_.copy(handle_, to, from, bytes, cuda::Direction::kOut); });
}

void CudaStream::CopyInNow(void* to, const void* from, std::size_t bytes) {
  const Staging staging(api_, owner_, std::min(bytes, kStaged));
  failure_->Check(staging.status(), "pinned memory for an upload");
  for (std::size_t at = 0; at < bytes && !failure_->happened(); at += kStaged) {
    const std::size_t piece = std::min(bytes - at, kStaged);
    std::memcpy(staging.data(), static_cast<const char*>(from) + at, piece);
    CopyIn(static_cast<char*>(to) + at, staging.data(), piece);
    Synchronise();
  }
  failure_->Throw();
}

void CudaStream::CopyOutNow(void* to, const void* from, std::size_t bytes) {
  const Staging staging(api_, owner_, std::min(bytes, kStaged));
  failure_->Check(staging.status(), "pinned memory for a download");
  for (std::size_t at = 0; at < bytes && !failure_->happened(); at += kStaged) {
    const std::size_t piece = std::min(bytes - at, kStaged);
    CopyOut(staging.data(), static_cast<const char*>(from) + at, piece);
    Synchronise();
    std::memcpy(static_cast<char*>(to) + at, staging.data(), piece);
  }
  failure_->Throw();
}

bool CudaStream::BeginCapture() {
  if (!graphs_ || failure_->happened() || api_.begin_capture(handle_) != 0) return false;
  before_ = std::exchange(failure_, NewFailure());
  return true;
}

// A capture that fails leaves the stream as it was.
std::unique_ptr<Graph> CudaStream::EndCapture() {
  const std::shared_ptr<CudaFailure> failure = std::exchange(failure_, std::exchange(before_, nullptr));
  cuda::Graph* handle = nullptr;
  if (api_.end_capture(handle_, &handle) != 0) return nullptr;
  auto graph = std::make_unique<CudaGraph>(shared_device(), api_, handle);
  if (failure->happened()) graph.reset();
  return graph;
}

void CudaStream::Replay(Graph& graph) {
  Do("a graph", [&] { return api_.launch_graph(static_cast<CudaGraph&>(graph).handle_, handle_); });
}

void CudaStream::Record(Event& event) {
  auto& recorded = static_cast<CudaEvent&>(event);
  recorded.failure_ = failure_;
  recorded.skipped_ = failure_->happened();
  Do("an event", [&] { return api_.record(recorded.handle_, handle_); });
}

// What follows would use what the failed stream has not made.
void CudaStream::Wait(const Event& event) {
  const auto& recorded = static_cast<const CudaEvent&>(event);
  if (recorded.skipped_) failure_->Keep(*recorded.failure_);
  Do("a wait for an event", [&] { return api_.wait(handle_, recorded.handle_); });
}

// A stream that has failed is waited for, too: what it was given before still uses its tensors.
void CudaStream::Synchronise() {
  failure_->Keep(api_.synchronise(handle_), "the work of a stream");
  failure_->Throw();
}

void CudaStream::ThrowIfFailed() const {
  failure_->Throw();
}

void CudaEvent::Synchronise() {
  if (failure_ == nullptr) return;
  if (!failure_->happened()) failure_->Keep(api_.synchronise_event(handle_), "the work before an event");
  failure_->Throw();
}

double CudaEvent::MillisecondsSince(const TimedEvent& begin) {
  cuda::Event* const from = static_cast<const CudaEvent&>(begin).handle_;
  float milliseconds = 0;
  cuda::Status status = api_.elapsed(from, handle_, &milliseconds);
  if (status == cuda::kNotReady) {
    Synchronise();
    status = api_.elapsed(from, handle_, &milliseconds);
  }
  library_.Check(status, std::string(device_->name()), "the time between two events");
  return milliseconds;
}

}  // namespace kdtalker
