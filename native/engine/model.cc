#include "engine/model.h"

#include <algorithm>
#include <utility>

#include "core/provider_session.h"
#include "core/session.h"
#include "engine/model_check.h"
#include "plan/plan_program.h"

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
    : runtime_(runtime), device_(device), options_(std::move(options)) {
  CheckNumbers(options_);
  for (const auto& [name, role] : options_.roles) networks_.emplace(name, stages::Network(role, Load(role)));
  CheckSignatures(options_, SignaturesOf(networks_));
}

std::shared_ptr<Program> Model::Load(const stages::Role& role) {
  if (!role.weights.empty()) return LoadPlan(role);
  if (options_.provider != Provider::kNone)
    return std::make_shared<ProviderSession>(runtime_, device_, role.file, options_.provider,
                                             options_.provider_cache);
  return std::make_shared<Session>(runtime_, role.file, session_threads());
}

// The weights of a file are loaded once, whatever plans share them.
std::shared_ptr<Program> Model::LoadPlan(const stages::Role& role) {
  const std::lock_guard lock(mutex_);
  std::shared_ptr<const Memory>& weights = weights_[role.weights];
  if (weights == nullptr) weights = plan::LoadWeights(device_, role.weights);
  return std::make_shared<plan::PlanProgram>(device_, role.file, weights);
}

void Model::Add(const std::map<std::string, stages::Role>& plans, std::int64_t window) {
  Networks added, all = networks_;
  for (const auto& [name, plan] : plans) {
    stages::Role role = plan;
    role.weights = stages::RoleOf(networks_, name).role().weights;
    const stages::Network network(role, LoadPlan(role));
    added.emplace(name, network);
    all.insert_or_assign(name, network);
  }
  TalkerOptions options = options_;
  options.window = static_cast<int>(window);
  CheckSignatures(options, SignaturesOf(all));
  for (const auto& [name, network] : added) open_lengths_.Add(name, network);
}

const Networks& Model::Exact() {
  const std::lock_guard lock(exact_mutex_);
  if (!exact_.empty()) return exact_;
  Networks all = networks_;
  all.erase("prepare");  // those of exact_roles are whole
  for (const auto& [name, role] : options_.exact_roles)
    all.insert_or_assign(name, stages::Network(role, Load(role)));
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

int Model::session_threads() const {
  return std::clamp(options_.session_threads, 1, options_.threads);
}

}  // namespace kdtalker
