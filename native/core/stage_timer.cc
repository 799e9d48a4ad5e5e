#include "core/stage_timer.h"

namespace kdtalker {

void StageTimer::Begin(Stream& stream) {
  if (clock_ == nullptr) return;
  stream.OnHost([this] { begun_ = std::chrono::steady_clock::now(); });
}

void StageTimer::End(Stream& stream) {
  if (clock_ == nullptr) return;
  stream.OnHost([this] {
    const std::chrono::duration<double, std::milli> taken = std::chrono::steady_clock::now() - begun_;
    clock_->Add(stage_, taken.count());
  });
}

}  // namespace kdtalker
