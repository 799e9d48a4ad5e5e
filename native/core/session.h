#pragma once

#include <onnxruntime_cxx_api.h>

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "core/runtime.h"
#include "core/session_threads.h"
#include "core/tensor.h"

namespace kdtalker {

// A named input or output of a graph; a dynamic dimension is -1.
struct Slot {
  std::string name;
  Type type;
  std::vector<std::int64_t> dims;

  bool Takes(Type type, const std::vector<std::int64_t>& dims) const;
  std::string text() const;  // "float32 [1, -1, 70]"
};

// An ONNX graph, loaded. Thread-safe: any number of Bindings may run at once.
class Session {
 public:
  // Throws Error PACK_DAMAGED if ONNX Runtime refuses the file, PACK_INVALID if an input or output is not a
  // tensor of a type that the engine knows. `threads` is the number of threads of a run, including the
  // calling one; fewer if the system refuses more. `brief`: for few runs; weights are not rearranged for
  // speed, which would take their memory twice.
  Session(std::shared_ptr<Runtime> runtime, const std::string& file, int threads, bool brief = false);
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;
  ~Session();  // its memory goes back to the system

  const std::vector<Slot>& inputs() const { return inputs_; }
  const std::vector<Slot>& outputs() const { return outputs_; }
  const Slot& input(const std::string& name) const;
  const Slot& output(const std::string& name) const;
  const std::string& file() const { return file_; }
  Ort::Session& handle() { return session_; }

 private:
  std::shared_ptr<Runtime> runtime_;
  std::string file_;
  SessionThreads threads_;
  Ort::Session session_;
  std::vector<Slot> inputs_, outputs_;
};

// Lets another thread end a run early: every Binding that runs with this throws Error ABORTED soon after
// Stop().
class StopToken {
 public:
  void Stop();
  bool stopped() const { return stopped_.load(std::memory_order_relaxed); }
  void ThrowIfStopped() const;
  const Ort::RunOptions& run_options() const { return options_; }

 private:
  std::atomic<bool> stopped_{false};
  Ort::RunOptions options_;
};

// A session's inputs and outputs tied to fixed tensors, so that a run allocates and copies nothing.
// Not thread-safe; the tensors must outlive it. Binding a tensor of a wrong type or shape throws Error
// PACK_INVALID. If a length is dynamic, ONNX Runtime compares the output's shape with the bound tensor before
// it writes; on a mismatch Run throws Error PACK_INVALID too.
class Binding {
 public:
  explicit Binding(std::shared_ptr<Session> session);

  Binding& Input(const std::string& name, const Tensor& tensor);
  Binding& Output(const std::string& name, const Tensor& tensor);
  void Run(const StopToken& stop);

 private:
  std::shared_ptr<Session> session_;
  Ort::IoBinding binding_;
};

// An ONNX value over a tensor's memory.
Ort::Value ValueOver(const Tensor& tensor);

}  // namespace kdtalker
