#include "engine/model.h"

#include <algorithm>
#include <utility>

#include "core/session.h"
#include "engine/model_check.h"

namespace kdtalker {

Model::Model(const std::shared_ptr<Runtime>& runtime, TalkerOptions options) : options_(std::move(options)) {
  CheckNumbers(options_);
  std::map<std::string, stages::Signature> signatures;
  for (const auto& [name, role] : options_.roles) {
    auto program = std::make_shared<Session>(runtime, role.file, session_threads());
    const auto made = networks_.emplace(name, stages::Network(role, std::move(program))).first;
    signatures.emplace(name, made->second.signature());
  }
  CheckSignatures(options_, signatures);
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
