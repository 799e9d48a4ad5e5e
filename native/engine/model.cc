#include "engine/model.h"

#include <algorithm>
#include <utility>

#include "core/session.h"
#include "engine/model_check.h"

namespace kdtalker {
namespace {

std::map<std::string, stages::Signature> SignaturesOf(const Networks& networks) {
  std::map<std::string, stages::Signature> signatures;
  for (const auto& [name, network] : networks) signatures.emplace(name, network.signature());
  return signatures;
}

}  // namespace

Model::Model(const std::shared_ptr<Runtime>& runtime, const std::shared_ptr<Device>& device,
             TalkerOptions options)
    : options_(std::move(options)), loader_(runtime, device, options_) {
  CheckNumbers(options_);
  for (const auto& [name, role] : options_.roles)
    networks_.emplace(name, stages::Network(role, loader_.Load(role)));
  CheckSignatures(options_, SignaturesOf(networks_));
}

void Model::Add(const std::map<std::string, stages::Role>& plans, std::int64_t window) {
  Networks added, all = networks_;
  for (const auto& [name, plan] : plans) {
    stages::Role role = plan;
    role.weights = stages::RoleOf(networks_, name).role().weights;
    const stages::Network network(role, loader_.Load(role));
    added.emplace(name, network);
    all.insert_or_assign(name, network);
  }
  TalkerOptions options = options_;
  options.window = static_cast<int>(window);
  const bool heard = plans.count("audio") != 0 && plans.count("denoiser") == 0;
  (heard ? CheckHeard : CheckSignatures)(options, SignaturesOf(heard ? added : all));
  for (const auto& [name, network] : added) open_lengths_.Add(name, network);
}

const Networks& Model::Exact() {
  const std::lock_guard lock(exact_mutex_);
  if (!exact_.empty()) return exact_;
  Networks all = networks_;
  all.erase("prepare");  // those of exact_roles are whole
  for (const auto& [name, role] : options_.exact_roles)
    all.insert_or_assign(name, stages::Network(role, loader_.Load(role)));
  CheckSignatures(options_, SignaturesOf(all));
  return exact_ = std::move(all);
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

std::string Model::warning() const {
  for (const auto& [name, network] : networks_) {
    if (std::string said = network.warning(); !said.empty()) return said;
  }
  return "";
}

int Model::session_threads() const {
  return std::clamp(options_.session_threads, 1, options_.threads);
}

}  // namespace kdtalker
