#include "engine/lanes.h"

#include <ctime>

#include "core/error.h"

namespace kdtalker {

Lanes::Job::Job(Lanes& lanes, const LaneSchedule::Claim& claim) : lanes_(lanes) {
  const std::lock_guard lock(lanes_.mutex_);
  job_ = &lanes_.schedule_.Admit(claim);
}

Lanes::Job::~Job() {
  const std::lock_guard lock(lanes_.mutex_);
  lanes_.schedule_.Leave(*job_);
  lanes_.Dispatch();
}

void Lanes::Job::Want() {
  const std::lock_guard lock(lanes_.mutex_);
  lanes_.schedule_.Want(*job_);
  lanes_.Dispatch();
}

void Lanes::Job::Rest() {
  const std::lock_guard lock(lanes_.mutex_);
  lanes_.schedule_.Rest(*job_);
  lanes_.Dispatch();
}

void Lanes::Job::Stop() {
  const std::lock_guard lock(lanes_.mutex_);
  lanes_.schedule_.Stop(*job_);
  changed_.notify_all();
  lanes_.Dispatch();
}

void Lanes::Job::Fail() {
  Stop();
  const std::lock_guard lock(lanes_.mutex_);
  lanes_.errors_++;
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
  return *this;
}

void Lanes::Turn::End(std::int64_t items) noexcept {
  if (lanes_ == nullptr) return;
  const std::lock_guard lock(lanes_->mutex_);
  lanes_->Finish(*this, items);
  std::exchange(lanes_, nullptr)->Dispatch();
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
  Waiter waiter;
  waiter.job = job.job_;
  waiter.kind = kind;
  waiter.due = due;
  waiter.owner = &job;
  schedule_.Offer(waiter);
  Dispatch();
  if (waiter.granted) return Turn(*this, waiter);
  schedule_.Withdraw(waiter);
  return {};
}

// The item is offered before its lane is free, so that no later one is chosen in between.
void Lanes::Yield(Job& job, Turn& turn, double due) {
  std::unique_lock lock(mutex_);
  Finish(turn, 1);
  const Kind kind = turn.item_.kind;
  turn.lanes_ = nullptr;
  Turn next = Await(lock, job, kind, due);
  lock.unlock();
  turn = std::move(next);
}

Lanes::Turn Lanes::Await(std::unique_lock<std::mutex>& lock, Job& job, Kind kind, double due) {
  Waiter waiter;
  waiter.job = job.job_;
  waiter.kind = kind;
  waiter.due = due;
  waiter.owner = &job;
  schedule_.Offer(waiter);
  Dispatch();
  job.changed_.wait(lock, [&] { return waiter.granted || job.job_->stopped; });
  if (waiter.granted) return Turn(*this, waiter);
  schedule_.Withdraw(waiter);
  throw Error("ABORTED", "The clip was stopped");
}

void Lanes::Finish(const Turn& turn, std::int64_t items) {
  const double cost = Spent() - turn.begun_;
  if (items > 0) schedule_.Measure(turn.item_.kind, cost / static_cast<double>(items));
  schedule_.Done(turn.item_, cost);
}

void Lanes::Dispatch() {
  while (LaneSchedule::Item* item = schedule_.Next(now())) {
    auto& waiter = static_cast<Waiter&>(*item);
    waiter.granted = true;
    waiter.owner->changed_.notify_all();
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
