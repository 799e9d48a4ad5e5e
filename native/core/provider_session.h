#pragma once

#include <onnxruntime_cxx_api.h>

#include <memory>
#include <mutex>
#include <string>

#include "core/captured_runs.h"
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
  // a node would not run on the GPU, and what Session does. Where the provider captures no CUDA graphs though
  // `use` asks for them, it runs without; so does a network of which a length is not fixed.
  ProviderSession(std::shared_ptr<Runtime> runtime, std::shared_ptr<Device> device, const std::string& file,
                  ProviderUse use);
  ~ProviderSession() override;  // waits for what was given to its stream

  std::unique_ptr<Binding> MakeBinding() override;
  std::string warning() const override;  // why there are no graphs, if the provider refused them

 private:
  friend class ProviderBinding;
  friend class DirectBinding;
  friend class CapturedBinding;
  void Load();
  void LoadWithoutGraphs(const std::string& why);
  void Close() noexcept;
  Ort::Session Opened();
  bool HasFixedLengths() const;

  std::shared_ptr<Runtime> runtime_;
  std::shared_ptr<Device> device_;
  ProviderUse use_;
  std::unique_ptr<Stream> stream_;
  std::unique_ptr<Placement> placement_;
  Ort::Session session_;
  std::unique_ptr<CapturedRuns> captured_;  // null: runs are over the callers' tensors
  std::mutex mutex_;                        // one run is given at a time
  mutable std::mutex refusal_mutex_;        // guards refusal_
  std::string refusal_;
};

// A run is given to the session's stream, behind what the caller's stream was given, which goes on behind it:
// two events, and no wait of the host.
class ProviderBinding : public Binding, private StopToken::Stoppable {
 public:
  void Run(Stream& stream, const StopToken& stop) final;

 protected:
  explicit ProviderBinding(const std::shared_ptr<ProviderSession>& session);

  // Gives the run to the session's stream, behind Begin(); with the session's mutex held.
  virtual void Give(const StopToken& stop) = 0;
  void Begin();
  // Throws Ort::Exception.
  void RunOver(const Ort::IoBinding& binding, const StopToken& stop);
  Error ErrorOf(const Ort::Exception& error) const;
  virtual void End();

  ProviderSession& session_;

 private:
  void EndSoon() noexcept override;

  Ort::RunOptions options_;
  std::unique_ptr<Event> before_, after_;
};

// Over the tensors that are bound.
class DirectBinding final : public ProviderBinding {
 public:
  explicit DirectBinding(const std::shared_ptr<ProviderSession>& session);

 private:
  void Give(const StopToken& stop) override;
  void BindInput(const std::string& name, const Tensor& tensor) override;
  void BindOutput(const std::string& name, const Tensor& tensor) override;

  Ort::IoBinding binding_;
};

// Over tensors of the session's own, which are copied from and to those that are bound.
class CapturedBinding final : public ProviderBinding {
 public:
  explicit CapturedBinding(const std::shared_ptr<ProviderSession>& session) : ProviderBinding(session) {}

 private:
  void Give(const StopToken& stop) override;
  void GiveOrReload(const StopToken& stop);
  void GiveOnce(const StopToken& stop);
  void End() override;
  void BindInput(const std::string& name, const Tensor& tensor) override;
  void BindOutput(const std::string& name, const Tensor& tensor) override;

  CapturedRuns::Copies in_, out_;
};

}  // namespace kdtalker
