#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <span>
#include <utility>
#include <vector>

#include "engine/lane_renderer.h"
#include "engine/lanes.h"
#include "engine/renderer_kind.h"

namespace kdtalker {

// The renderers of a talker's lanes, lent for one frame at a time to whoever has a turn. One is made when a
// frame finds none, never more than there are lanes; all that are not lent go when no clip renders. One is
// lent again to those that it served last, if it can be: what it has of their portrait is still there.
// Thread-safe.
class RendererPool {
  struct Lane;

 public:
  RendererPool(Talker& talker, RendererKind kind, std::size_t lanes)
      : talker_(talker), kind_(std::move(kind)), lanes_(lanes) {}
  RendererPool(const RendererPool&) = delete;
  RendererPool& operator=(const RendererPool&) = delete;

  // A renderer's ticket. A frame that was begun is finished or given up when it goes.
  class Loan {
   public:
    Loan() = default;
    Loan(Loan&& other) noexcept;
    Loan& operator=(Loan&& other) noexcept;
    ~Loan() { GiveBack(); }

    void Finish(void* out, LaneRenderer::Watch& watch);
    void GiveBack() noexcept;

   private:
    friend class RendererPool;
    Loan(RendererPool& pool, Lane& lane, LaneRenderer::Ticket ticket)
        : pool_(&pool), lane_(&lane), ticket_(ticket) {}

    RendererPool* pool_ = nullptr;
    Lane* lane_ = nullptr;
    LaneRenderer::Ticket ticket_ = 0;
    bool sound_ = true;  // the renderer can render another
  };

  // A thread that renders frames of a clip, whose portrait has the number `clip`. One thread at a time.
  class User {
   public:
    User(RendererPool& pool, std::uint64_t clip) : pool_(pool), clip_(clip) {}
    ~User() { Leave(); }
    User(const User&) = delete;
    User& operator=(const User&) = delete;

    // Begins a frame with the turn for it, together with those of other clips that the lane does at the same
    // time. `watch` must live until it is finished. Throws Error OUT_OF_RESOURCES, and what a renderer does.
    Loan Begin(Lanes::Turn& turn, LaneRenderer::Frame frame, const LaneRenderer::Watch& watch);

    // It renders nothing until it lends again.
    void Leave() noexcept;

   private:
    RendererPool& pool_;
    const std::uint64_t clip_;
    bool uses_ = false;
  };

  std::size_t count() const;  // of renderers that there are

 private:
  // A frame that begins.
  struct Wanted {
    std::uint64_t clip;
    LaneRenderer::Item item;
    Loan loan = {};
  };
  using Batch = std::span<Wanted* const>;

  struct Lane {
    std::unique_ptr<LaneRenderer> renderer;
    std::vector<LaneRenderer::Ticket>
        tickets;                       // that are not lent; in turns, so that all have what they need soon
    std::uint64_t clip = 0, used = 0;  // whom it served last, and when
    bool sound = true;

    bool home() const { return renderer != nullptr && tickets.size() == renderer->tickets(); }
  };
  using Made = std::list<Lane>;

  void Enter(std::uint64_t clip);
  void Leave(std::uint64_t clip) noexcept;
  void Begin(Batch batch);
  Lane& Lend(Batch batch);
  Lane& LendNew(Lane& lane, Batch batch);
  void TakeBack(Lane& lane, LaneRenderer::Ticket ticket, bool sound) noexcept;

  // Mutex held.
  Lane* Choose(Batch batch);
  bool AwaitsMade() const;  // no other may be made, and one that will be there soon is not yet
  int Rank(const Lane& lane, std::uint64_t clip) const;
  Lane& LendOf(Lane& lane, Batch batch);
  void Remove(Made& gone, const Lane& lane) noexcept;

  Talker& talker_;
  const RendererKind kind_;
  const std::size_t lanes_;
  mutable std::mutex mutex_;  // guards what follows
  std::list<std::uint64_t> users_;
  Made made_;
  std::condition_variable made_changed_;  // one that was on its way is there, or failed
  std::uint64_t lent_ = 0;
};

}  // namespace kdtalker
