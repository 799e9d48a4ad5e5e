#pragma once

#include <onnxruntime_cxx_api.h>

#include <memory>
#include <string>

#include "core/program.h"
#include "core/runtime.h"
#include "core/session_threads.h"

namespace kdtalker {

// An ONNX graph that ONNX Runtime runs, on the host.
class Session final : public Program {
 public:
  // Throws Error PACK_DAMAGED if ONNX Runtime refuses the file, PACK_INVALID if an input or output is not a
  // tensor of a type that the engine knows. `threads` is the number of threads of a run, including the
  // calling one; fewer if the system refuses more. `brief`: for few runs; weights are not rearranged for
  // speed, which would take their memory twice.
  Session(std::shared_ptr<Runtime> runtime, const std::string& file, int threads, bool brief = false);
  ~Session() override;  // its memory goes back to the system

  std::unique_ptr<Binding> MakeBinding() override;
  Ort::Session& handle() { return session_; }

 private:
  std::shared_ptr<Runtime> runtime_;
  std::unique_ptr<SessionThreads> threads_;  // null: the runtime's
  Ort::Session session_;
};

// A run computes in the thread of the stream, through addresses of the host.
class SessionBinding final : public Binding, private StopToken::Stoppable {
 public:
  explicit SessionBinding(const std::shared_ptr<Session>& session);
  ~SessionBinding() override;

  void Run(Stream& stream, const StopToken& stop) override;

 private:
  void RunInStream(const StopToken& stop);
  void BindInput(const std::string& name, const Tensor& tensor) override;
  void BindOutput(const std::string& name, const Tensor& tensor) override;
  void EndSoon() noexcept override;

  Session& session_;
  Ort::RunOptions options_;
  Ort::IoBinding binding_;
  std::shared_ptr<Device> ran_on_;
};

// An ONNX value over a tensor's memory.
Ort::Value ValueOver(const Tensor& tensor);

}  // namespace kdtalker
