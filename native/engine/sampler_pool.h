#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <vector>

#include "engine/sampler.h"

namespace kdtalker {

// The samplers of a talker's lanes, lent to whoever has a turn, for no longer than that: a step of sampling,
// or where the device goes on alone a window. One is made when somebody finds none of his windows' length,
// and takes the place of one of another length if there are as many as lanes. All that are not lent go with
// the last user. Thread-safe.
class SamplerPool {
  struct Lane;

 public:
  SamplerPool(Talker& talker, std::size_t lanes) : talker_(talker), lanes_(lanes) {}
  SamplerPool(const SamplerPool&) = delete;
  SamplerPool& operator=(const SamplerPool&) = delete;

  // A clip that samples. One thread at a time.
  class User {
   public:
    // The steps only choose among plans.
    User(Talker& talker, const Lengths& lengths);
    ~User();
    User(const User&) = delete;
    User& operator=(const User&) = delete;

    // His until he gives it back. Throws Error OUT_OF_RESOURCES.
    Sampler& Lend();

    // All that it was given is done on the device, unless it is not `sound`: then it is lent to nobody again.
    void GiveBack(bool sound = true) noexcept;

    // Samples a window. In Stream::Pause() after each step, where the call computes, he may give the sampler
    // back.
    void Sample(Stream& stream, const stages::Draft& draft, const Sampler::Steps& steps,
                const StopToken& stop, const kernels::HoldKnown* held = nullptr);

   private:
    SamplerPool& pool_;
    const Lengths lengths_;
    const std::uint64_t id_;
    Lane* lane_ = nullptr;
  };

  // How many steps, and of which kind.
  struct StepPlan {
    int steps = 50;
    bool ddpm = false;
    double eta = 0;
    bool operator==(const StepPlan&) const = default;
  };

  // The same for all who want them at a time.
  Sampler::Steps StepsOf(Stream& stream, const StepPlan& plan, std::int64_t window);

  std::size_t count() const;  // of samplers that there are

 private:
  struct Lane {
    std::unique_ptr<Sampler> sampler;  // null while it is made
    bool lent = true;
    std::uint64_t used = 0;  // when
  };
  using Made = std::list<Lane>;
  struct Known {
    StepPlan plan;
    std::weak_ptr<const stages::SampleSteps> steps;
  };

  Lane& Lend(const Lengths& lengths, std::uint64_t id);
  Lane& Make(const Lengths& lengths);
  void TakeBack(Lane& lane, bool sound) noexcept;
  void Leave() noexcept;

  // Mutex held.
  Lane* Choose(std::int64_t window, std::uint64_t id);
  Lane& LendOf(Lane& lane);
  void Displace(Made& gone) noexcept;
  void Remove(Made& gone, const Lane& lane) noexcept;

  Talker& talker_;
  const std::size_t lanes_;
  mutable std::mutex mutex_;  // guards what follows
  int users_ = 0;
  std::uint64_t ids_ = 0, lent_ = 0;
  Made made_;
  std::vector<Known> known_;
};

}  // namespace kdtalker
