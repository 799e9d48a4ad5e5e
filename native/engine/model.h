#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/runtime.h"
#include "engine/options.h"
#include "stages/network.h"

namespace kdtalker {

// The networks of a pack, loaded, of which this is known once and need not be asked again:
//
// - every role that the engine runs without being asked is there, and every word of a role names a tensor of
//   its graph, no tensor twice;
// - tensors have the types and shapes at which the engine binds them, so what one network gives is what the
//   next one takes; outputs that the engine makes room for by the graph's own shape have a fixed one;
// - the crop is a multiple of the motion network's picture, and a rendered picture is of the pack's size;
// - statistics are of 70 and 63 numbers, and a blink fits the kernel that plays it.
//
// Immutable and thread-safe.
class Model {
 public:
  // Throws Error PACK_INVALID, which names role, file, tensor, what is expected and what was received, and
  // PACK_DAMAGED where ONNX Runtime refuses a file.
  Model(const std::shared_ptr<Runtime>& runtime, TalkerOptions options);

  // The same check without a model: each file is opened, looked at and closed again, so that no two are in
  // memory at once. Throws as the constructor does.
  static void Check(const std::shared_ptr<Runtime>& runtime, const TalkerOptions& options);

  const TalkerOptions& options() const { return options_; }
  const std::map<std::string, stages::Network>& networks() const { return networks_; }

  // Threads of one run of a network, and runs side by side.
  int session_threads() const;

 private:
  TalkerOptions options_;
  std::map<std::string, stages::Network> networks_;
};

}  // namespace kdtalker
