#include "core/stream_pool.h"

namespace kdtalker {

StreamPool::Loan StreamPool::Lend() {
  std::unique_ptr<Stream> stream = TakeIdle();
  if (stream == nullptr) stream = device_->MakeStream();
  const std::lock_guard lock(mutex_);
  idle_.reserve(idle_.size() + lent_ + 1);
  lent_++;
  return Loan(*this, std::move(stream));
}

std::unique_ptr<Stream> StreamPool::TakeIdle() {
  const std::lock_guard lock(mutex_);
  if (idle_.empty()) return nullptr;
  std::unique_ptr<Stream> stream = std::move(idle_.back());
  idle_.pop_back();
  return stream;
}

// A stream that failed is not lent again.
void StreamPool::TakeBack(std::unique_ptr<Stream> stream) noexcept {
  try {
    stream->Synchronise();
  } catch (...) {
    stream.reset();
  }
  const std::lock_guard lock(mutex_);
  lent_--;
  if (stream != nullptr) idle_.push_back(std::move(stream));
}

}  // namespace kdtalker
