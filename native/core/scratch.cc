#include "core/scratch.h"

#include <algorithm>
#include <new>
#include <utility>

namespace kdtalker {
namespace {

constexpr std::align_val_t kAlignment{64};

}  // namespace

ScratchPool::Loan::Loan(Loan&& other) noexcept
    : pool_(other.pool_), memory_(std::exchange(other.memory_, nullptr)), bytes_(other.bytes_) {}

ScratchPool::Loan::~Loan() {
  if (memory_ != nullptr) pool_->Give(memory_, bytes_);
}

std::shared_ptr<ScratchPool> ScratchPool::Shared() {
  static std::mutex mutex;
  static std::weak_ptr<ScratchPool> shared;
  const std::lock_guard lock(mutex);
  auto pool = shared.lock();
  if (!pool) shared = pool = std::make_shared<ScratchPool>();
  return pool;
}

ScratchPool::~ScratchPool() {
  for (const Piece& piece : idle_) ::operator delete(piece.memory, kAlignment);
}

// Returns the smallest idle piece that is large enough; if there is none, the smallest idle piece is replaced
// by a larger one. So there are never more pieces than were on loan at once, and allocation soon stops.
ScratchPool::Loan ScratchPool::Take(std::size_t bytes) {
  bytes = std::max<std::size_t>((bytes + 63) / 64 * 64, 64);
  const std::lock_guard lock(mutex_);
  const auto fitting = [bytes](const Piece& piece) { return piece.bytes >= bytes; };
  auto best = idle_.end();
  for (auto piece = idle_.begin(); piece != idle_.end(); piece++) {
    if (fitting(*piece) && (best == idle_.end() || piece->bytes < best->bytes)) best = piece;
  }
  if (best != idle_.end()) {
    const Piece piece = *best;
    idle_.erase(best);
    return Loan(*this, piece.memory, piece.bytes);
  }
  if (!idle_.empty()) {
    const auto smallest = std::min_element(idle_.begin(), idle_.end(),
                                           [](const Piece& a, const Piece& b) { return a.bytes < b.bytes; });
    ::operator delete(smallest->memory, kAlignment);
    idle_.erase(smallest);
    pieces_--;
  }
  idle_.reserve(pieces_ + 1);
  void* memory = ::operator new(bytes, kAlignment);
  pieces_++;
  return Loan(*this, memory, bytes);
}

void ScratchPool::Give(void* memory, std::size_t bytes) noexcept {
  const std::lock_guard lock(mutex_);
  idle_.push_back({memory, bytes});
}

}  // namespace kdtalker
