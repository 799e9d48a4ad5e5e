#include "engine/sampler_pool.h"

#include <algorithm>
#include <utility>

#include "stages/scheduler.h"

namespace kdtalker {
namespace {

std::vector<stages::Step> ListOf(const TalkerOptions& pack, const SamplerPool::StepPlan& plan) {
  const stages::Scheduler scheduler(pack.train_timesteps, static_cast<float>(pack.beta_start),
                                    static_cast<float>(pack.beta_end));
  const auto method = plan.ddpm ? stages::SamplingMethod::kDdpm : stages::SamplingMethod::kDdim;
  return scheduler.Plan(plan.steps, method, plan.eta);
}

}  // namespace

SamplerPool::User::User(Talker& talker, const Lengths& lengths)
    : pool_(talker.samplers()), lengths_(lengths), id_([this] {
        const std::lock_guard lock(pool_.mutex_);
        pool_.users_++;
        return ++pool_.ids_;
      }()) {}

SamplerPool::User::~User() {
  GiveBack(false);
  pool_.Leave();
}

Sampler& SamplerPool::User::Lend() {
  if (lane_ == nullptr) lane_ = &pool_.Lend(lengths_, id_);
  return *lane_->sampler;
}

void SamplerPool::User::GiveBack(bool sound) noexcept {
  if (lane_ != nullptr) pool_.TakeBack(*std::exchange(lane_, nullptr), sound);
}

void SamplerPool::User::Sample(Stream& stream, const stages::Draft& draft, const Sampler::Steps& steps,
                               const StopToken& stop, const kernels::HoldKnown* held) {
  const Sampler::Work work{draft, id_, steps, held, stop};
  stop.ThrowIfStopped();
  const bool alone = stream.device().asynchronous();
  if (alone) Lend().Window(stream, work);
  for (std::size_t i = 0; i < steps->count(); i++) {
    if (!alone) Lend().Step(stream, work, i);
    stream.Pause();
  }
}

Sampler::Steps SamplerPool::StepsOf(Stream& stream, const StepPlan& plan, std::int64_t window) {
  {
    const std::lock_guard lock(mutex_);
    for (const Known& each : known_) {
      if (auto steps = each.plan == plan ? each.steps.lock() : nullptr) return steps;
    }
  }
  const Networks networks = talker_.model().NetworksFor({window, plan.steps});
  auto made = std::make_shared<const stages::SampleSteps>(stream, networks, ListOf(talker_.options(), plan));
  const std::lock_guard lock(mutex_);
  std::erase_if(known_, [](const Known& each) { return each.steps.expired(); });
  known_.push_back({plan, made});
  return made;
}

std::size_t SamplerPool::count() const {
  const std::lock_guard lock(mutex_);
  return made_.size();
}

SamplerPool::Lane& SamplerPool::Lend(const Lengths& lengths, std::uint64_t id) {
  {
    const std::lock_guard lock(mutex_);
    if (Lane* lane = Choose(lengths.window, id)) return LendOf(*lane);
  }
  return Make(lengths);
}

// The one that worked on the draft last; else that which was not used for the longest time.
SamplerPool::Lane* SamplerPool::Choose(std::int64_t window, std::uint64_t id) {
  Lane* best = nullptr;
  const auto before = [id](const Lane& a, const Lane& b) {
    return std::pair(a.sampler->shown() != id, a.used) < std::pair(b.sampler->shown() != id, b.used);
  };
  for (Lane& lane : made_) {
    if (lane.lent || lane.sampler->window() != window) continue;
    if (best == nullptr || before(lane, *best)) best = &lane;
  }
  return best;
}

SamplerPool::Lane& SamplerPool::LendOf(Lane& lane) {
  lane.lent = true;
  lane.used = ++lent_;
  return lane;
}

// It is counted before it is there.
SamplerPool::Lane& SamplerPool::Make(const Lengths& lengths) {
  Made made(1), gone;  // destroyed without the lock, since it waits for the device
  Lane& lane = made.front();
  {
    const std::lock_guard lock(mutex_);
    if (made_.size() >= lanes_) Displace(gone);
    made_.splice(made_.end(), made);
  }
  try {
    gone.clear();
    auto sampler = std::make_unique<Sampler>(talker_, lengths);
    const std::lock_guard lock(mutex_);
    lane.sampler = std::move(sampler);
    return LendOf(lane);
  } catch (...) {
    const std::lock_guard lock(mutex_);
    Remove(made, lane);
    throw;
  }
}

// Of those of other lengths, the one that was not used for the longest time.
void SamplerPool::Displace(Made& gone) noexcept {
  const Lane* last = nullptr;
  for (const Lane& lane : made_) {
    if (!lane.lent && (last == nullptr || lane.used < last->used)) last = &lane;
  }
  if (last != nullptr) Remove(gone, *last);
}

void SamplerPool::TakeBack(Lane& lane, bool sound) noexcept {
  Made gone;  // as in Make()
  const std::lock_guard lock(mutex_);
  lane.lent = false;
  if (!sound || users_ == 0) Remove(gone, lane);
}

void SamplerPool::Leave() noexcept {
  Made gone;  // as in Make()
  const std::lock_guard lock(mutex_);
  users_--;
  for (auto lane = made_.begin(); users_ == 0 && lane != made_.end();) {
    const auto next = std::next(lane);
    if (!lane->lent) gone.splice(gone.end(), made_, lane);
    lane = next;
  }
}

void SamplerPool::Remove(Made& gone, const Lane& lane) noexcept {
  const auto place =
      std::find_if(made_.begin(), made_.end(), [&lane](const Lane& each) { return &each == &lane; });
  gone.splice(gone.end(), made_, place);
}

}  // namespace kdtalker
