#include "engine/lane_schedule.h"

#include <algorithm>
#include <bit>
#include <limits>

#include "core/error.h"

namespace kdtalker {
namespace {

constexpr int kAveraged = 16;  // costs: of a new one a sixteenth counts

}  // namespace

LaneSchedule::Tenant& LaneSchedule::TenantOf(const std::string& name) {
  const auto [found, is_new] = tenants_.try_emplace(name);
  const auto weight = weights_.find(name);
  if (is_new && weight != weights_.end()) found->second.weight = weight->second;
  return found->second;
}

LaneSchedule::Job& LaneSchedule::Admit(const Claim& claim) {
  if (claim.paced && load() + LoadOf(claim) > kMostLoad)
    throw Error("BUSY", "Expected time on the device for another stream but all of it is taken");
  if (!claim.live && waiting_ >= kMostWaiting)
    throw Error("BUSY", "Expected fewer than " + std::to_string(kMostWaiting) +
                            " clips that wait for the device but received one more");
  Tenant& tenant = TenantOf(claim.tenant);
  Job& job = jobs_.emplace_back(Job{claim, &tenant});
  job.place = std::prev(jobs_.end());
  job.arrival = arrivals_++;
  job.left = claim.frames;
  tenant.jobs++;
  if (claim.live) {
    streams_++;
    job.active = true;
    SetWants(job, true);
  }
  return job;
}

void LaneSchedule::Leave(Job& job) {
  Stop(job);
  Tenant& tenant = *job.tenant;
  const std::string name = job.claim.tenant;
  jobs_.erase(job.place);
  if (--tenant.jobs == 0) tenants_.erase(name);
}

void LaneSchedule::Stop(Job& job) {
  if (job.stopped) return;
  Rest(job);
  job.stopped = true;
  job.left = 0;
  if (!job.claim.live) return;
  streams_--;
  job.active = false;
  SetWants(job, false);
}

void LaneSchedule::Want(Job& job) {
  if (job.wants || job.stopped) return;
  SetWants(job, true);
  waiting_++;
  Activate();
}

void LaneSchedule::Rest(Job& job) {
  if (!job.wants || job.claim.live) return;
  SetWants(job, false);
  if (job.active) {
    SetActive(job, false);
  } else {
    waiting_--;
  }
  Activate();
}

void LaneSchedule::SetWants(Job& job, bool wants) {
  if (wants && job.tenant->wanting == 0) Enter(*job.tenant);
  job.wants = wants;
  job.tenant->wanting += wants ? 1 : -1;
}

void LaneSchedule::SetActive(Job& job, bool active) {
  job.active = active;
  active_ += active ? 1 : -1;
  job.tenant->active += active ? 1 : -1;
}

// Who was away gets nothing for that time.
void LaneSchedule::Enter(Tenant& tenant) const {
  double least = std::numeric_limits<double>::infinity();
  for (const auto& [name, other] : tenants_) {
    if (other.wanting > 0) least = std::min(least, other.served);
  }
  if (least != std::numeric_limits<double>::infinity()) tenant.served = std::max(tenant.served, least);
}

// A tenant without an active file takes the place of one of a tenant that has several.
void LaneSchedule::Activate() {
  while (Job* next = NextFile()) {
    if (active_ >= shape_.files) {
      Job* last = next->tenant->active == 0 ? Displaceable(*next) : nullptr;
      if (last == nullptr) return;
      SetActive(*last, false);
      waiting_++;
    }
    SetActive(*next, true);
    waiting_--;
  }
}

// Of the files that wait: of the tenant with the fewest active ones, the first.
LaneSchedule::Job* LaneSchedule::NextFile() {
  Job* first = nullptr;
  const auto before = [](const Job& a, const Job& b) {
    if (a.tenant->active != b.tenant->active) return a.tenant->active < b.tenant->active;
    if (a.tenant != b.tenant && a.tenant->served != b.tenant->served)
      return a.tenant->served < b.tenant->served;
    return a.claim.priority > b.claim.priority;
  };
  for (Job& job : jobs_) {
    if (job.claim.live || !job.wants || job.active) continue;
    if (first == nullptr || before(job, *first)) first = &job;
  }
  return first;
}

// The last file of another tenant with several.
LaneSchedule::Job* LaneSchedule::Displaceable(const Job& by) {
  Job* last = nullptr;
  for (Job& job : jobs_) {
    if (job.claim.live || !job.active || job.tenant == by.tenant || job.tenant->active < 2) continue;
    if (last == nullptr || job.claim.priority <= last->claim.priority) last = &job;
  }
  return last;
}

void LaneSchedule::Offer(Item& item) {
  item.order = offers_++;
  item.offered = true;
  item.before = nullptr;
  item.after = first_;
  if (first_ != nullptr) first_->before = &item;
  first_ = &item;
}

void LaneSchedule::Withdraw(Item& item) {
  if (!item.offered) return;
  item.offered = false;
  (item.before == nullptr ? first_ : item.before->after) = item.after;
  if (item.after != nullptr) item.after->before = item.before;
}

std::span<LaneSchedule::Item* const> LaneSchedule::Next(double now, Batch& batch) {
  Item* const head = First(now, nullptr);
  if (head == nullptr) return {};
  const std::size_t count = BatchOf(*head);
  const auto number = static_cast<std::size_t>(std::find(left_.begin(), left_.end(), 0) - left_.begin());
  left_[number] = static_cast<int>(count);
  Choose(*head, number);
  batch[0] = head;
  for (std::size_t i = 1; i < count; i++) Choose(*(batch[i] = First(now, head)), number);
  free_[static_cast<std::size_t>(Lane(head->kind))]--;
  return {batch.data(), count};
}

bool LaneSchedule::MayBegin(const Item& item) const {
  return item.job->active && !item.job->stopped && free_[static_cast<std::size_t>(Lane(item.kind))] > 0;
}

// Of the items that may begin; `like`: of those of its kind.
LaneSchedule::Item* LaneSchedule::First(double now, const Item* like) {
  Item* first = nullptr;
  for (Item* each = first_; each != nullptr; each = each->after) {
    if (!MayBegin(*each) || (like != nullptr && each->kind != like->kind)) continue;
    if (first == nullptr || Before(*each, *first, now)) first = each;
  }
  return first;
}

std::size_t LaneSchedule::BatchOf(const Item& head) const {
  if (head.kind != kFrame || shape_.batch == 1) return 1;
  std::size_t ready = 0;
  for (const Item* each = first_; each != nullptr; each = each->after)
    ready += each->kind == head.kind && MayBegin(*each) ? 1 : 0;
  return std::bit_floor(std::min({ready, shape_.batch, kMostBatch}));
}

void LaneSchedule::Choose(Item& item, std::size_t batch) {
  Withdraw(item);
  item.batch = batch;
  item.charged = cost(item.kind);
  item.job->tenant->served += item.charged / item.job->tenant->weight;
}

bool LaneSchedule::Before(const Item& a, const Item& b, double now) const {
  const auto urgent = [now](const Item& item) { return item.job->claim.live && item.due - now <= kLead; };
  if (urgent(a) != urgent(b)) return urgent(a);
  if (urgent(a) && a.due != b.due) return a.due < b.due;
  const Job &one = *a.job, &other = *b.job;
  if (one.tenant != other.tenant && one.tenant->served != other.tenant->served)
    return one.tenant->served < other.tenant->served;
  if (one.claim.priority != other.claim.priority) return one.claim.priority > other.claim.priority;
  if (one.arrival != other.arrival) return one.arrival < other.arrival;
  return a.order < b.order;
}

void LaneSchedule::Done(const Item& item, double cost) {
  Job& job = *item.job;
  if (--left_[item.batch] == 0) free_[static_cast<std::size_t>(Lane(item.kind))]++;
  job.tenant->served += (cost - item.charged) / job.tenant->weight;
  if (item.kind == kFrame && job.left > 0) job.left--;
}

// The first fills buffers and caches besides: it counts only until there is a second.
void LaneSchedule::Average::Add(double cost) {
  counted = std::min(counted + 1, kAveraged + 1);
  value += (cost - value) / std::max(1, counted - 1);
}

double LaneSchedule::LoadOf(const Claim& claim) const {
  const double frames = claim.fps * cost(kFrame) / shape_.frames;
  const double sampling = claim.fps * hearing_.value + claim.steps * cost(kStep);
  const double steps = sampling / (shape_.steps > 0 ? shape_.steps : shape_.frames);
  return (shape_.steps > 0 ? std::max(frames, steps) : frames + steps) / 1000;
}

double LaneSchedule::load() const {
  double sum = 0;
  for (const Job& job : jobs_) {
    if (job.claim.live && !job.stopped) sum += LoadOf(job.claim);
  }
  return sum;
}

LaneSchedule::Counts LaneSchedule::counts() const {
  Counts counts{streams_, active_, waiting_, 0};
  for (const Job& job : jobs_) counts.left += job.claim.live ? 0 : job.left;
  return counts;
}

double LaneSchedule::seconds_left() const {
  return static_cast<double>(counts().left) * cost(kFrame) / shape_.frames / 1000;
}

}  // namespace kdtalker
