#include "core/stage_timer.h"

#include "core/error.h"

namespace kdtalker {

StageTimer::~StageTimer() {
  if (device_ == nullptr) return;
  if (pairs_[0].begin == nullptr) device_->Drain();
  for (std::size_t i = 0; i < kPairs; i++, laps_++) Count(current());
}

void StageTimer::Prepare(Device& device) {
  for (EventPair& pair : pairs_) {
    pair.begin = device.MakeTimedEvent();
    pair.end = device.MakeTimedEvent();
  }
  device_ = device.shared_from_this();
}

// An error of the device is reported by whoever waits for its work.
void StageTimer::Count(EventPair& pair) noexcept {
  if (!pair.ended) return;
  pair.ended = false;
  try {
    clock_->Add(stage_, pair.end->MillisecondsSince(*pair.begin));
  } catch (const Error&) {
  }
}

void StageTimer::Begin(Stream& stream) {
  if (clock_ == nullptr) return;
  if (device_ == nullptr) Prepare(stream.device());
  if (pairs_[0].begin == nullptr) {
    paused_ = stream.paused();
    return stream.OnHost([this] { begun_ = std::chrono::steady_clock::now(); });
  }
  Count(current());
  stream.Record(*current().begin);
}

void StageTimer::End(Stream& stream) {
  if (clock_ == nullptr) return;
  if (pairs_[0].begin != nullptr) {
    stream.Record(*current().end);
    current().ended = true;
    laps_++;
    return;
  }
  stream.OnHost([this, paused = stream.paused() - paused_] {
    const std::chrono::duration<double, std::milli> taken =
        std::chrono::steady_clock::now() - begun_ - paused;
    clock_->Add(stage_, taken.count());
  });
}

}  // namespace kdtalker
