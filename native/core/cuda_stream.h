#pragma once

#include <atomic>
#include <memory>
#include <string>

#include "core/cuda_library.h"
#include "core/stream.h"

namespace kdtalker {

// What went wrong first in a stream, which skips what comes after.
class CudaFailure {
 public:
  CudaFailure(const CudaLibrary& library, std::string device)
      : library_(library), device_(std::move(device)) {}

  // `what` is a literal.
  void Keep(cuda::Status status, const char* what) noexcept;
  void Keep(const CudaFailure& other) noexcept { Keep(other.status_.load(), other.what_.load()); }
  bool happened() const noexcept { return status_.load() != 0; }
  void Throw() const;  // if it happened
  // Throws the error of a call that leaves the stream as it was.
  void Check(cuda::Status status, const char* what) const { library_.Check(status, device_, what); }

 private:
  const CudaLibrary& library_;
  const std::string device_;
  std::atomic<const char*> what_{""};
  std::atomic<cuda::Status> status_{0};
};

// A stream of a GPU. Every call gives its operation to CUDA and returns.
class CudaStream final : public Stream {
 public:
  // Owns the handle.
  CudaStream(std::shared_ptr<Device> device, const CudaLibrary& library, cuda::Device* owner,
             cuda::Stream* handle, bool graphs);
  ~CudaStream() override;

  void Copy(void* to, const void* from, std::size_t bytes) override;
  void ThrowIfFailed() const override;
  bool BeginCapture() override;
  std::unique_ptr<Graph> EndCapture() override;
  bool capturing() const override { return before_ != nullptr; }
  void Replay(Graph& graph) override;
  void* Handle() override { return api_.handle_of(handle_); }
  void Record(Event& event) override;
  void Wait(const Event& event) override;
  void Synchronise() override;

  // Public for the device's own calls.
  void CopyInNow(void* to, const void* from, std::size_t bytes) override;
  void CopyOutNow(void* to, const void* from, std::size_t bytes) override;

 protected:
  void LaunchFunctor(const Functor& functor, void* kernel, std::size_t bytes) override;
  void RunOnHost(void (*run)(const void* work), const void* work, std::size_t bytes) override;
  void CopyIn(void* to, const void* from, std::size_t bytes) override;
  void CopyOut(void* to, const void* from, std::size_t bytes) override;

 private:
  // Gives an operation, unless one before it failed.
  template <class Give>
  void Do(const char* what, Give give);
  std::shared_ptr<CudaFailure> NewFailure() const;

  const cuda::Api& api_;
  cuda::Device* const owner_;
  cuda::Stream* const handle_;
  const CudaLibrary& library_;
  const bool graphs_;
  std::shared_ptr<CudaFailure> failure_;
  std::shared_ptr<CudaFailure> before_;  // the stream's own, while a capture has `failure_`
};

class CudaGraph final : public Graph {
 public:
  // Owns the handle. The device lives as long as the graph.
  CudaGraph(std::shared_ptr<Device> device, const cuda::Api& api, cuda::Graph* handle)
      : device_(std::move(device)), api_(api), handle_(handle) {}
  ~CudaGraph() override { api_.destroy_graph(handle_); }
  CudaGraph(const CudaGraph&) = delete;
  CudaGraph& operator=(const CudaGraph&) = delete;

 private:
  friend class CudaStream;
  const std::shared_ptr<Device> device_;
  const cuda::Api& api_;
  cuda::Graph* const handle_;
};

class CudaEvent final : public TimedEvent {
 public:
  // Owns the handle. The device lives as long as the event.
  CudaEvent(std::shared_ptr<Device> device, const CudaLibrary& library, cuda::Event* handle)
      : device_(std::move(device)), library_(library), api_(library.api()), handle_(handle) {}
  ~CudaEvent() override { api_.destroy_event(handle_); }
  CudaEvent(const CudaEvent&) = delete;
  CudaEvent& operator=(const CudaEvent&) = delete;

  void Synchronise() override;
  double MillisecondsSince(const TimedEvent& begin) override;

 private:
  friend class CudaStream;
  const std::shared_ptr<Device> device_;
  const CudaLibrary& library_;
  const cuda::Api& api_;
  cuda::Event* const handle_;
  std::shared_ptr<CudaFailure> failure_;  // of the stream that recorded it last
  bool skipped_ = false;                  // the stream had failed before the record
};

}  // namespace kdtalker
