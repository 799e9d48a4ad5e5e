#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "core/program.h"
#include "core/runtime.h"
#include "engine/options.h"
#include "stages/network.h"

namespace kdtalker {

// Loads the networks of a pack on a device, each in the form of its files. Thread-safe.
class ProgramLoader {
 public:
  // `options` must outlive this.
  ProgramLoader(std::shared_ptr<Runtime> runtime, std::shared_ptr<Device> device,
                const TalkerOptions& options);

  // Throws what the constructors of the programs do.
  std::shared_ptr<Program> Load(const stages::Role& role);

 private:
  std::shared_ptr<Program> LoadPart(const stages::Part& part);
  std::shared_ptr<Program> LoadPlan(const stages::Part& part);

  std::shared_ptr<Runtime> runtime_;
  std::shared_ptr<Device> device_;
  const TalkerOptions& options_;
  std::mutex mutex_;                                              // guards weights_
  std::map<std::string, std::shared_ptr<const Memory>> weights_;  // by their files
};

}  // namespace kdtalker
