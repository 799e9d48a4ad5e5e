// Threads that go through the phases of one piece of work together, without going back to ONNX Runtime in
// between: waking its threads takes 20-50 us, and a step of the denoiser has sixty phases of 100 us.
//
// Every member runs the same program and calls For() for each phase in the same order. The items of a phase
// go to whoever comes first, and For() returns when all of them are done. Nobody is waited for who has not
// taken an item, so that it works, alone if need be, with however many of the threads there really are; who
// comes late joins the phase in work.
#pragma once

#include <atomic>
#include <cstddef>
#include <new>
#include <thread>

#include "ops/op.h"

namespace kdtalker::ops {

struct alignas(64) TeamPhase {
  std::atomic<int> next{0}, done{0};
};

class TeamMember {
 public:
  TeamMember(TeamPhase* phases, int index) : phase_(phases), index_(index) {}

  // Of this member, 0 and up: for space of its own.
  int index() const { return index_; }

  // Calls work(0) .. work(count - 1), shared with the others. Nothing may throw.
  template <class Work>
  void For(int count, const Work& work) noexcept {
    TeamPhase& phase = *phase_;
    for (int i = Take(phase); i < count; i = Take(phase)) {
      work(i);
      phase.done.fetch_add(1);
    }
    Leave(count);
  }

  // The same with work(i, next), so that what `next` needs can be fetched meanwhile: the item that this
  // member will take after i; count or more where it is the last.
  template <class Work>
  void ForWithNext(int count, const Work& work) noexcept {
    TeamPhase& phase = *phase_;
    for (int i = Take(phase), next; i < count; i = next) {
      next = Take(phase);
      work(i, next);
      phase.done.fetch_add(1);
    }
    Leave(count);
  }

  // Takes an item of the phase `ahead` after this one, which For() will begin with there. Once a phase.
  int TakeAhead(int ahead) noexcept {
    taken_from_ = phase_ + ahead;
    return taken_ = taken_from_->next.fetch_add(1);
  }

 private:
  int Take(TeamPhase& phase) noexcept {
    if (taken_from_ != &phase) return phase.next.fetch_add(1);
    taken_from_ = nullptr;
    return taken_;
  }

  void Leave(int count) noexcept {
    for (int spins = 0; phase_->done.load() < count; spins++) Wait(spins);
    phase_++;
  }

  // Items take some 10 us: a thread that is still at one is soon done, unless the system took its core away.
  static void Wait(int spins) {
    if (spins > kSpins) {
      std::this_thread::yield();
      return;
    }
#if defined(__x86_64__)
    __builtin_ia32_pause();
#endif
  }
  static constexpr int kSpins = 4000;

  TeamPhase* phase_;  // in work, or the next
  int index_;
  TeamPhase* taken_from_ = nullptr;
  int taken_ = 0;
};

// Most members of a team.
inline int TeamSize() {
  const unsigned cores = std::thread::hardware_concurrency();
  return static_cast<int>(cores < 1 ? 1 : cores > 32 ? 32 : cores);
}

// Runs program(TeamMember&) on the threads there are. `memory` has room for `phases` TeamPhases.
template <class Program>
void RunTeam(const Workers& workers, void* memory, std::size_t phases, const Program& program) {
  auto* first = static_cast<TeamPhase*>(memory);
  for (std::size_t i = 0; i < phases; i++) new (first + i) TeamPhase;
  std::atomic<bool> finished{false};
  workers.For(TeamSize(), [&](std::int64_t index) noexcept {
    if (finished.load()) return;
    TeamMember member(first, static_cast<int>(index));
    program(member);
    finished.store(true);
  });
}

}  // namespace kdtalker::ops
