#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/program.h"

namespace kdtalker::stages {

// A file of a network that is in several, which run one after the other.
struct Part {
  std::string file;
  std::string weights = {};  // as those of a role
};

// One network of a pack: its file and how the pack's words ("driving") map to the graph's names ("x_d").
struct Role {
  std::string file;
  std::map<std::string, std::string> inputs, outputs;
  std::string weights = {};     // their file, where `file` is a plan; empty: `file` is an ONNX graph
  std::vector<Part> rest = {};  // of the network, behind `file`
};

// The inputs and outputs of a role's graph.
struct Signature {
  Role role;
  std::vector<Slot> inputs, outputs;
};

// A loaded network, addressed by the pack's words. Thread-safe.
class Network {
 public:
  Network(Role role, std::shared_ptr<Program> program);

  // Both throw Error PACK_INVALID if the role does not name the word or the graph lacks the name.
  const Slot& input(const std::string& word) const;
  const Slot& output(const std::string& word) const;
  bool has_output(const std::string& word) const { return role_.outputs.count(word) != 0; }
  bool has_input(const std::string& word) const { return role_.inputs.count(word) != 0; }
  const Role& role() const { return role_; }
  std::string warning() const { return program_->warning(); }
  Signature signature() const { return {role_, program_->inputs(), program_->outputs()}; }

  // A tensor of the output's shape. A Model has checked that the shape is fixed.
  Tensor MakeOutput(const std::shared_ptr<Device>& device, const std::string& word) const;

  std::unique_ptr<Binding> MakeBinding() const { return program_->MakeBinding(); }

 private:
  Role role_;
  std::shared_ptr<Program> program_;
};

// The network of a role. Throws Error PACK_INVALID if the pack lacks the role.
const Network& RoleOf(const std::map<std::string, Network>& networks, const std::string& role);

// A network's inputs and outputs tied to tensors (Binding).
class NetworkRun {
 public:
  explicit NetworkRun(const Network& network);

  NetworkRun& Input(const std::string& word, const Tensor& tensor);
  NetworkRun& Output(const std::string& word, const Tensor& tensor);
  void Run(Stream& stream, const StopToken& stop) { binding_->Run(stream, stop); }
  const Network& network() const { return network_; }

 private:
  const Network& network_;
  std::unique_ptr<Binding> binding_;
};

}  // namespace kdtalker::stages
