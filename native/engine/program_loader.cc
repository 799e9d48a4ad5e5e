#include "engine/program_loader.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "core/chain_program.h"
#include "core/provider_session.h"
#include "core/session.h"
#include "plan/plan_program.h"

namespace kdtalker {

ProgramLoader::ProgramLoader(std::shared_ptr<Runtime> runtime, std::shared_ptr<Device> device,
                             const TalkerOptions& options)
    : runtime_(std::move(runtime)), device_(std::move(device)), options_(options) {}

std::shared_ptr<Program> ProgramLoader::Load(const stages::Role& role) {
  std::shared_ptr<Program> first = LoadPart({role.file, role.weights});
  if (role.rest.empty()) return first;
  std::vector<std::shared_ptr<Program>> parts{std::move(first)};
  for (const stages::Part& part : role.rest) parts.push_back(LoadPart(part));
  return std::make_shared<ChainProgram>(device_, std::move(parts));
}

std::shared_ptr<Program> ProgramLoader::LoadPart(const stages::Part& part) {
  if (!part.weights.empty()) return LoadPlan(part);
  if (options_.provider.provider != Provider::kNone)
    return std::make_shared<ProviderSession>(runtime_, device_, part.file, options_.provider);
  const int threads = std::clamp(options_.session_threads, 1, options_.threads);
  return std::make_shared<Session>(runtime_, part.file, threads);
}

// The weights of a file are loaded once, whatever plans share them.
std::shared_ptr<Program> ProgramLoader::LoadPlan(const stages::Part& part) {
  const std::lock_guard lock(mutex_);
  std::shared_ptr<const Memory>& weights = weights_[part.weights];
  if (weights == nullptr) weights = plan::LoadWeights(device_, part.weights);
  return std::make_shared<plan::PlanProgram>(device_, part.file, weights);
}

}  // namespace kdtalker
