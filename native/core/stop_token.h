#pragma once

#include <atomic>
#include <mutex>

namespace kdtalker {

// Lets another thread end work early: every program that runs with this throws Error ABORTED soon after
// Stop().
class StopToken {
 public:
  // Work that can be told to end while it runs.
  class Stoppable {
   public:
    // In the thread that stops, once at most for each Running. Must not wait.
    virtual void EndSoon() noexcept = 0;

   protected:
    ~Stoppable() = default;
  };

  // The time in which `work` runs: a Stop() within it, or before it, calls EndSoon(). Allocates nothing.
  class Running {
   public:
    Running(const StopToken& token, Stoppable& work);
    ~Running();
    Running(const Running&) = delete;
    Running& operator=(const Running&) = delete;

   private:
    friend class StopToken;
    const StopToken& token_;
    Stoppable& work_;
    Running *before_ = nullptr, *after_ = nullptr;
  };

  StopToken() = default;
  StopToken(const StopToken&) = delete;
  StopToken& operator=(const StopToken&) = delete;

  void Stop();
  bool stopped() const { return stopped_.load(std::memory_order_relaxed); }
  void ThrowIfStopped() const;

 private:
  std::atomic<bool> stopped_{false};
  mutable std::mutex mutex_;  // guards the list and its links
  mutable Running* first_ = nullptr;
};

}  // namespace kdtalker
