#pragma once

#include <onnxruntime_cxx_api.h>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/call_thread.h"
#include "core/program.h"
#include "core/tensor.h"

namespace kdtalker {

// A tensor of a GPU as ONNX Runtime takes it.
Ort::Value OnGpu(const Tensor& tensor);

// What the runs of a session have in common whose provider captures them as a CUDA graph. A graph has the
// addresses of its first run, a provider makes one for each thread that runs the session, and keeps all of
// them as long as the session: so every run is over the same tensors, and one thread gives them all.
class CapturedRuns {
 public:
  // Slots of fixed lengths.
  CapturedRuns(const std::shared_ptr<Device>& device, const std::vector<Slot>& inputs,
               const std::vector<Slot>& outputs);

  // Before the first run, and when the session is another.
  void Bind(Ort::Session& session);
  void Unbind() { binding_.reset(); }

  CallThread& thread() { return thread_; }
  const Ort::IoBinding& binding() const { return *binding_; }
  const Tensor& tensor(const std::string& name) const { return tensors_.at(name); }

  // By the name of the tensor, so that another one replaces it.
  struct Copy {
    void* to;
    const void* from;
    std::size_t bytes;
  };
  using Copies = std::map<std::string, Copy>;

 private:
  std::vector<std::string> inputs_, outputs_;
  std::map<std::string, Tensor> tensors_;
  std::optional<Ort::IoBinding> binding_;
  CallThread thread_;
};

}  // namespace kdtalker
