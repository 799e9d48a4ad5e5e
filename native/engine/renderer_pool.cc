#include "engine/renderer_pool.h"

#include <algorithm>
#include <array>
#include <utility>

#include "engine/renderer.h"

namespace kdtalker {

RendererKind RendererKind::Ordinary() {
  return {[](Talker& talker) { return std::make_unique<Renderer>(talker); }, Renderer::kMostBatch};
}

RendererPool::Loan::Loan(Loan&& other) noexcept
    : pool_(std::exchange(other.pool_, nullptr)),
      lane_(other.lane_),
      ticket_(other.ticket_),
      sound_(other.sound_) {}

RendererPool::Loan& RendererPool::Loan::operator=(Loan&& other) noexcept {
  GiveBack();
  pool_ = std::exchange(other.pool_, nullptr);
  lane_ = other.lane_;
  ticket_ = other.ticket_;
  sound_ = other.sound_;
  return *this;
}

void RendererPool::Loan::Finish(void* out, LaneRenderer::Watch& watch) {
  lane_->renderer->Finish(ticket_, out, watch);
  sound_ = true;
}

void RendererPool::Loan::GiveBack() noexcept {
  if (pool_ == nullptr) return;
  const bool sound = sound_ || lane_->renderer->Abandon(ticket_);
  std::exchange(pool_, nullptr)->TakeBack(*lane_, ticket_, sound);
}

RendererPool::Loan RendererPool::User::Begin(Lanes::Turn& turn, LaneRenderer::Frame frame,
                                             const LaneRenderer::Watch& watch) {
  if (!uses_) pool_.Enter(clip_);
  uses_ = true;
  Wanted wanted{clip_, {0, std::move(frame), &watch}};
  turn.Together(wanted, [this](Batch batch) { pool_.Begin(batch); });
  return std::move(wanted.loan);
}

void RendererPool::User::Leave() noexcept {
  if (std::exchange(uses_, false)) pool_.Leave(clip_);
}

std::size_t RendererPool::count() const {
  const std::lock_guard lock(mutex_);
  return made_.size();
}

void RendererPool::Enter(std::uint64_t clip) {
  const std::lock_guard lock(mutex_);
  users_.push_back(clip);
}

void RendererPool::Leave(std::uint64_t clip) noexcept {
  Made gone;  // destroyed without the lock, since it waits for the device
  const std::lock_guard lock(mutex_);
  users_.erase(std::find(users_.begin(), users_.end(), clip));
  for (auto lane = made_.begin(); users_.empty() && lane != made_.end();) {
    const auto next = std::next(lane);
    if (lane->home()) gone.splice(gone.end(), made_, lane);
    lane = next;
  }
}

void RendererPool::Begin(Batch batch) {
  const Lane& lane = Lend(batch);
  std::array<LaneRenderer::Item, LaneSchedule::kMostBatch> items;
  for (std::size_t i = 0; i < batch.size(); i++) {
    batch[i]->loan.sound_ = false;
    items[i] = {batch[i]->loan.ticket_, std::move(batch[i]->item.frame), batch[i]->item.watch};
  }
  lane.renderer->Begin({items.data(), batch.size()});
}

// One that is made is counted at once, so that turns which find none do not make more than there may be: they
// wait for those that are on their way.
RendererPool::Lane& RendererPool::Lend(Batch batch) {
  Lane* made = nullptr;
  {
    std::unique_lock lock(mutex_);
    Lane* lane = nullptr;
    made_changed_.wait(lock, [&] { return (lane = Choose(batch)) != nullptr || !AwaitsMade(); });
    if (lane != nullptr) return LendOf(*lane, batch);
    made = &made_.emplace_back();
    made->clip = batch.front()->clip;
  }
  return LendNew(*made, batch);
}

// One that served the clip, else one whose clips are over. Else another is made, while there may be more;
// then the one that was not used for the longest time changes its clip.
RendererPool::Lane* RendererPool::Choose(Batch batch) {
  const std::uint64_t clip = batch.front()->clip;
  Lane* best = nullptr;
  const auto before = [this, clip](const Lane& a, const Lane& b) {
    return std::pair(-Rank(a, clip), a.used) < std::pair(-Rank(b, clip), b.used);
  };
  for (Lane& lane : made_) {
    if (!lane.sound || lane.tickets.size() < batch.size()) continue;
    if (best == nullptr || before(lane, *best)) best = &lane;
  }
  return best != nullptr && Rank(*best, clip) == 0 && made_.size() < lanes_ ? nullptr : best;
}

bool RendererPool::AwaitsMade() const {
  const auto on_its_way = [](const Lane& lane) { return lane.renderer == nullptr; };
  return made_.size() >= lanes_ && std::any_of(made_.begin(), made_.end(), on_its_way);
}

int RendererPool::Rank(const Lane& lane, std::uint64_t clip) const {
  if (lane.clip == clip) return 2;
  return std::find(users_.begin(), users_.end(), lane.clip) == users_.end() ? 1 : 0;
}

RendererPool::Lane& RendererPool::LendOf(Lane& lane, Batch batch) {
  for (Wanted* wanted : batch) {
    wanted->loan = Loan(*this, lane, lane.tickets.front());
    lane.tickets.erase(lane.tickets.begin());
  }
  lane.clip = batch.back()->clip;
  lane.used = ++lent_;
  return lane;
}

RendererPool::Lane& RendererPool::LendNew(Lane& lane, Batch batch) {
  Made gone;
  try {
    auto renderer = kind_.make(talker_);
    std::vector<LaneRenderer::Ticket> tickets(renderer->tickets());
    for (std::size_t i = 0; i < tickets.size(); i++) tickets[i] = i;
    const std::lock_guard lock(mutex_);
    lane.renderer = std::move(renderer);
    lane.tickets = std::move(tickets);
    made_changed_.notify_all();
    return LendOf(lane, batch);
  } catch (...) {
    const std::lock_guard lock(mutex_);
    Remove(gone, lane);
    made_changed_.notify_all();
    throw;
  }
}

void RendererPool::TakeBack(Lane& lane, LaneRenderer::Ticket ticket, bool sound) noexcept {
  Made gone;  // as in Leave()
  const std::lock_guard lock(mutex_);
  lane.tickets.push_back(ticket);  // in the room that it had
  lane.sound = lane.sound && sound;
  if (lane.home() && (!lane.sound || users_.empty())) Remove(gone, lane);
}

void RendererPool::Remove(Made& gone, const Lane& lane) noexcept {
  const auto place =
      std::find_if(made_.begin(), made_.end(), [&lane](const Lane& each) { return &each == &lane; });
  gone.splice(gone.end(), made_, place);
}

}  // namespace kdtalker
