#include "core/stop_token.h"

#include "core/error.h"

namespace kdtalker {

StopToken::Running::Running(const StopToken& token, Stoppable& work) : token_(token), work_(work) {
  const std::lock_guard lock(token_.mutex_);
  after_ = token_.first_;
  if (after_ != nullptr) after_->before_ = this;
  token_.first_ = this;
  if (token_.stopped()) work_.EndSoon();
}

StopToken::Running::~Running() {
  const std::lock_guard lock(token_.mutex_);
  (before_ == nullptr ? token_.first_ : before_->after_) = after_;
  if (after_ != nullptr) after_->before_ = before_;
}

void StopToken::Stop() {
  const std::lock_guard lock(mutex_);
  if (stopped_.exchange(true, std::memory_order_relaxed)) return;
  for (Running* each = first_; each != nullptr; each = each->after_) each->work_.EndSoon();
}

void StopToken::ThrowIfStopped() const {
  if (stopped()) throw Error("ABORTED", "The work was stopped");
}

}  // namespace kdtalker
