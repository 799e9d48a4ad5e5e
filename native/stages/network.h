#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/session.h"

namespace kdtalker::stages {

// One network of a pack: its file and how the pack's words ("driving") map to the graph's names ("x_d").
struct Role {
  std::string file;
  std::map<std::string, std::string> inputs, outputs;
};

// The inputs and outputs of a role's graph.
struct Signature {
  Role role;
  std::vector<Slot> inputs, outputs;
};

// A loaded network, addressed by the pack's words. Thread-safe.
class Network {
 public:
  Network(std::shared_ptr<Runtime> runtime, Role role, int threads);

  // Both throw Error PACK_INVALID if the role does not name the word or the graph lacks the name.
  const Slot& input(const std::string& word) const;
  const Slot& output(const std::string& word) const;
  bool has_output(const std::string& word) const { return role_.outputs.count(word) != 0; }
  bool has_input(const std::string& word) const { return role_.inputs.count(word) != 0; }
  const Role& role() const { return role_; }
  Signature signature() const { return {role_, session_->inputs(), session_->outputs()}; }

  // A tensor of the output's shape. A Model has checked that the shape is fixed.
  Tensor MakeOutput(const std::shared_ptr<Device>& device, const std::string& word) const;

  const std::shared_ptr<Session>& session() const { return session_; }

 private:
  Role role_;
  std::shared_ptr<Session> session_;
};

// The network of a role. Throws Error PACK_INVALID if the pack lacks the role.
const Network& RoleOf(const std::map<std::string, Network>& networks, const std::string& role);

// A network's inputs and outputs tied to tensors. Not thread-safe; the tensors must outlive it.
class NetworkRun {
 public:
  explicit NetworkRun(const Network& network);

  NetworkRun& Input(const std::string& word, const Tensor& tensor);
  NetworkRun& Output(const std::string& word, const Tensor& tensor);
  void Run(const StopToken& stop) { binding_.RunNow(stop); }

 private:
  const Network& network_;
  SessionBinding binding_;
};

}  // namespace kdtalker::stages
