#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "core/runtime.h"
#include "engine/open_lengths.h"
#include "engine/options.h"
#include "engine/program_loader.h"
#include "stages/network.h"

namespace kdtalker {

// The loaded networks of a pack. The constructor checks, so that later code can rely on it:
//
// - every required role exists, and every word of a role names a different tensor of its graph;
// - tensors have the types and shapes with which the engine binds them, so that outputs of one network fit
//   the inputs of the next; outputs whose buffers take the graph's shape have fixed shapes;
// - the crop is a multiple of the motion network's picture, and rendered pictures have the pack's size;
// - statistics have 70 and 63 numbers, and a blink fits its kernel.
//
// Thread-safe; only Add() and Exact() change it.
class Model {
 public:
  // Throws Error PACK_INVALID, which names role, file, tensor, the expected and the received value, and
  // PACK_DAMAGED if ONNX Runtime, or the reader of plans, refuses a file.
  Model(const std::shared_ptr<Runtime>& runtime, const std::shared_ptr<Device>& device,
        TalkerOptions options);

  // The same check without a model: each file is opened, checked and closed, so that no two are in memory at
  // once. Throws as the constructor does.
  static void Check(const std::shared_ptr<Runtime>& runtime, const TalkerOptions& options);

  const TalkerOptions& options() const { return options_; }
  const Networks& networks() const { return networks_; }

  // The networks of a clip that chooses these lengths. Throws Error INVALID_ARGUMENT if one is a plan of
  // others, and Add() has not been given one of these.
  Networks NetworksFor(const Lengths& lengths) const { return open_lengths_.For(networks_, lengths); }

  // The network of what is heard (`audio`, `condition`) that takes so many frames at a time; null: none does.
  const stages::Network* Taking(const std::string& role, std::int64_t frames) const {
    return open_lengths_.Taking(networks_, role, frames);
  }

  // Adds plans of the pack's networks, by their roles: those that depend on a window's length for windows of
  // `window` frames, those of what is heard for so many frames at a time, or those that depend on the steps.
  // They share the weights on the device. Throws what the
  // constructor does.
  void Add(const std::map<std::string, stages::Role>& plans, std::int64_t window);

  // The networks with those of TalkerOptions::exact_roles in the place of the ones that render in half
  // precision. They are loaded at the first call. Throws what the constructor does, DEVICE_MEMORY and
  // DEVICE_LOST.
  const Networks& Exact();

  // Threads of one run of a network, and runs side by side.
  int session_threads() const;

  // What a network does otherwise than it was asked to (Program::warning); empty: nothing.
  std::string warning() const;

 private:
  TalkerOptions options_;
  ProgramLoader loader_;
  Networks networks_;
  OpenLengths open_lengths_;
  std::mutex exact_mutex_;  // guards exact_ until it is there
  Networks exact_;
};

}  // namespace kdtalker
