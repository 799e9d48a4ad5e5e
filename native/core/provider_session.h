#pragma once

#include <onnxruntime_cxx_api.h>

#include <memory>
#include <mutex>
#include <string>

#include "core/placement.h"
#include "core/program.h"
#include "core/provider.h"
#include "core/session.h"

namespace kdtalker {

// An ONNX graph that a provider of ONNX Runtime runs on a GPU. A session has a stream of its own, to which
// the provider gives its work: its memory between nodes is used in that stream's order, whoever runs it.
class ProviderSession final : public Program {
 public:
  // Throws Error DEVICE_UNAVAILABLE or DEVICE_MEMORY if the provider cannot be used, OPERATOR_UNSUPPORTED if
  // a node would not run on the GPU, and what Session does.
  ProviderSession(std::shared_ptr<Runtime> runtime, std::shared_ptr<Device> device, const std::string& file,
                  Provider provider, const std::string& cache);
  ~ProviderSession() override;  // waits for what was given to its stream

  std::unique_ptr<Binding> MakeBinding() override;

 private:
  friend class ProviderBinding;
  Ort::Session Load(Provider provider, const std::string& cache);

  std::shared_ptr<Runtime> runtime_;
  std::shared_ptr<Device> device_;
  std::unique_ptr<Stream> stream_;
  Placement placement_;
  std::mutex mutex_;  // one run is given at a time
  Ort::Session session_;
};

// A run is given to the session's stream, behind what the caller's stream was given, which goes on behind it:
// two events, and no wait of the host.
class ProviderBinding final : public Binding, private StopToken::Stoppable {
 public:
  explicit ProviderBinding(const std::shared_ptr<ProviderSession>& session);

  void Run(Stream& stream, const StopToken& stop) override;

 private:
  void Give(const StopToken& stop);
  Ort::Value ValueOver(const Tensor& tensor) const;
  void BindInput(const std::string& name, const Tensor& tensor) override;
  void BindOutput(const std::string& name, const Tensor& tensor) override;
  void EndSoon() noexcept override;

  ProviderSession& session_;
  Ort::RunOptions options_;
  Ort::IoBinding binding_;
  std::unique_ptr<Event> before_, after_;
};

}  // namespace kdtalker
