#include "engine/model.h"

#include <algorithm>
#include <utility>

#include "core/session.h"
#include "engine/model_check.h"
#include "plan/plan_program.h"

namespace kdtalker {

Model::Model(const std::shared_ptr<Runtime>& runtime, const std::shared_ptr<Device>& device,
             TalkerOptions options)
    : options_(std::move(options)) {
  CheckNumbers(options_);
  std::map<std::string, stages::Signature> signatures;
  for (const auto& [name, role] : options_.roles) {
    const auto made = networks_.emplace(name, stages::Network(role, Load(runtime, device, role))).first;
    signatures.emplace(name, made->second.signature());
  }
  CheckSignatures(options_, signatures);
}

std::shared_ptr<Program> Model::Load(const std::shared_ptr<Runtime>& runtime,
                                     const std::shared_ptr<Device>& device, const stages::Role& role) const {
  if (role.weights.empty()) return std::make_shared<Session>(runtime, role.file, session_threads());
  return std::make_shared<plan::PlanProgram>(device, role.file, plan::LoadWeights(device, role.weights));
}

void Model::Check(const std::shared_ptr<Runtime>& runtime, const TalkerOptions& options) {
  CheckNumbers(options);
  std::map<std::string, stages::Signature> signatures;
  for (const auto& [name, role] : options.roles) {
    const Session session(runtime, role.file, 1, true);
    signatures.emplace(name, stages::Signature{role, session.inputs(), session.outputs()});
  }
  CheckSignatures(options, signatures);
}

int Model::session_threads() const {
  return std::clamp(options_.session_threads, 1, options_.threads);
}

}  // namespace kdtalker
