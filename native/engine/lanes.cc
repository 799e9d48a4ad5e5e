#include "engine/lanes.h"

#include <algorithm>
#include <ctime>

#include "core/error.h"

namespace kdtalker {

Lanes::Job::Job(Lanes& lanes, const LaneSchedule::Claim& claim) : lanes_(lanes) {
  const std::lock_guard lock(lanes_.mutex_);
  job_ = &lanes_.schedule_.Admit(claim);
}

Lanes::Job::~Job() {
  Change([this] { lanes_.schedule_.Leave(*job_); });
}

void Lanes::Job::Want() {
  Change([this] { lanes_.schedule_.Want(*job_); });
}

void Lanes::Job::Rest() {
  Change([this] { lanes_.schedule_.Rest(*job_); });
}

void Lanes::Job::Stop() {
  Change([this] { StopNow(); });
}

void Lanes::Job::Fail() {
  Change([this] {
    lanes_.errors_++;
    StopNow();
  });
}

void Lanes::Job::StopNow() {
  lanes_.schedule_.Stop(*job_);
  changed_.notify_all();
}

template <class Work>
void Lanes::Job::Change(Work work) {
  const std::lock_guard lock(lanes_.mutex_);
  work();
  lanes_.Dispatch();
}

void Lanes::Job::Finished(double due) {
  const std::lock_guard lock(lanes_.mutex_);
  const bool late = lanes_.now() > due;
  if (late) lanes_.late_++;
  if (late && !late_) lanes_.underruns_++;
  late_ = late;
}

Lanes::Turn& Lanes::Turn::operator=(Turn&& other) noexcept {
  End(0);
  lanes_ = std::exchange(other.lanes_, nullptr);
  item_ = other.item_;
  begun_ = other.begun_;
  met_ = other.met_;
  return *this;
}

double Lanes::Turn::End(std::int64_t items) noexcept {
  if (lanes_ == nullptr) return 0;
  const std::lock_guard lock(lanes_->mutex_);
  if (!met_) lanes_->Miss(*this);
  const double cost = lanes_->Finish(*this, items);
  std::exchange(lanes_, nullptr)->Dispatch();
  return cost;
}

// The first one who comes does the work, for all; nobody: it is done.
std::span<void* const> Lanes::Turn::Meet(void* entry) {
  std::unique_lock lock(lanes_->mutex_);
  Gathering& all = lanes_->gatherings_[item_.batch];
  const bool first = all.met == 0;
  all.entries[all.met++] = entry;
  met_ = true;
  lanes_->Miss(*this);
  all.changed.wait(lock, [&] { return first ? all.missing == 0 : all.done; });
  if (first) return {all.entries.data(), all.met};
  if (all.error != nullptr) std::rethrow_exception(all.error);
  return {};
}

void Lanes::Turn::Settle(const std::exception_ptr& error) noexcept {
  const std::lock_guard lock(lanes_->mutex_);
  Gathering& all = lanes_->gatherings_[item_.batch];
  all.done = true;
  all.error = error;
  all.changed.notify_all();
}

void Lanes::Miss(const Turn& turn) noexcept {
  Gathering& all = gatherings_[turn.item_.batch];
  if (--all.missing == 0) all.changed.notify_all();
}

void Lanes::Weigh(const std::string& tenant, double weight) {
  const std::lock_guard lock(mutex_);
  schedule_.Weigh(tenant, weight);
}

Lanes::Turn Lanes::Take(Job& job, Kind kind, double due) {
  std::unique_lock lock(mutex_);
  return Await(lock, job, kind, due);
}

Lanes::Turn Lanes::TryTake(Job& job, Kind kind, double due) {
  const std::lock_guard lock(mutex_);
  Waiter waiter(job, kind, due);
  schedule_.Offer(waiter);
  Dispatch();
  if (waiter.granted) return Turn(*this, waiter);
  schedule_.Withdraw(waiter);
  return {};
}

// The item is offered before its lane is free, so that no later one is chosen in between.
double Lanes::Yield(Job& job, Turn& turn, double due, bool first) {
  std::unique_lock lock(mutex_);
  if (!turn.met_) Miss(turn);
  const bool counts = !first || schedule_.cost(turn.item_.kind) == 0;
  const double cost = Finish(turn, counts ? 1 : 0);
  const Kind kind = turn.item_.kind;
  turn.lanes_ = nullptr;
  Turn next = Await(lock, job, kind, due);
  lock.unlock();
  turn = std::move(next);
  return cost;
}

void Lanes::Heard(std::int64_t frames, double cost) {
  const std::lock_guard lock(mutex_);
  const double step = schedule_.cost(LaneSchedule::kStep);
  schedule_.MeasureHearing(std::max(0.0, cost - step) / static_cast<double>(frames));
}

Lanes::Turn Lanes::Await(std::unique_lock<std::mutex>& lock, Job& job, Kind kind, double due) {
  Waiter waiter(job, kind, due);
  schedule_.Offer(waiter);
  Dispatch();
  job.changed_.wait(lock, [&] { return waiter.granted || job.job_->stopped; });
  if (waiter.granted) return Turn(*this, waiter);
  schedule_.Withdraw(waiter);
  throw Error("ABORTED", "The clip was stopped");
}

double Lanes::Finish(const Turn& turn, std::int64_t items) {
  const auto batch = static_cast<double>(std::max<std::size_t>(1, gatherings_[turn.item_.batch].met));
  const double cost = (Spent() - turn.begun_) / batch;
  if (items > 0) schedule_.Measure(turn.item_.kind, cost / static_cast<double>(items));
  schedule_.Done(turn.item_, cost);
  return cost;
}

void Lanes::Dispatch() {
  LaneSchedule::Batch batch;
  for (;;) {
    const std::span<LaneSchedule::Item* const> items = schedule_.Next(now(), batch);
    if (items.empty()) return;
    Gathering& all = gatherings_[items.front()->batch];
    all.missing = items.size();
    all.met = 0;
    all.done = false;
    all.error = nullptr;
    for (LaneSchedule::Item* item : items) {
      auto& waiter = static_cast<Waiter&>(*item);
      waiter.granted = true;
      waiter.owner->changed_.notify_all();
    }
  }
}

double Lanes::now() const {
  const std::chrono::duration<double, std::milli> since = std::chrono::steady_clock::now() - begun_;
  return since.count();
}

double Lanes::Spent() const {
  if (cost_ == Cost::kTime) return now();
  timespec spent{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &spent);
  return static_cast<double>(spent.tv_sec) * 1e3 + static_cast<double>(spent.tv_nsec) * 1e-6;
}

int Lanes::active() const {
  const std::lock_guard lock(mutex_);
  return schedule_.active();
}

Lanes::Stats Lanes::stats() const {
  const std::lock_guard lock(mutex_);
  return {schedule_.counts(),
          schedule_.load(),
          schedule_.seconds_left(),
          schedule_.cost(LaneSchedule::kFrame),
          schedule_.cost(LaneSchedule::kStep),
          late_,
          underruns_,
          errors_};
}

}  // namespace kdtalker
