#include "engine/motion_source.h"

#include <mutex>
#include <optional>
#include <utility>

#include "core/error.h"
#include "kernels/motion.h"

namespace kdtalker {
namespace {

constexpr std::int64_t kWindowsAhead = 3;  // more would occupy the renderer's cores at the start
constexpr std::int64_t kHopsAhead = 8;     // an interruption throws them away

class Replay final : public MotionSource {
 public:
  Replay(std::shared_ptr<Portrait> portrait, std::vector<float> motion, const RunOptions& options)
      : portrait_(std::move(portrait)),
        motion_(std::move(motion)),
        options_(options),
        end_(static_cast<std::int64_t>(motion_.size()) / kernels::kMotionSize) {}

  std::int64_t end() const override { return end_; }
  std::int64_t most_ahead() const override { return end_; }
  std::unique_ptr<Timeline> Begin(Stream& stream) override {
    return std::make_unique<Timeline>(stream, portrait_, options_, end_);
  }
  void Next(Stream& stream, Timeline& timeline, const StopToken& /*stop*/) override {
    timeline.UploadMotion(stream, std::exchange(motion_, {}));
  }

 private:
  std::shared_ptr<Portrait> portrait_;
  std::vector<float> motion_;
  const RunOptions& options_;
  const std::int64_t end_;
};

class Spoken final : public MotionSource {
 public:
  Spoken(std::shared_ptr<Portrait> portrait, std::shared_ptr<Speech> speech, const RunOptions& options)
      : portrait_(std::move(portrait)), speech_(std::move(speech)), options_(options) {
    if (speech_->device() != portrait_->talker()->device()) {
      throw Error(
          "INVALID_ARGUMENT",
          "Expected speech and portrait of the same talker for a clip but received those of two talkers");
    }
    if (end() == 0)
      throw Error("INVALID_ARGUMENT", "Expected finished speech for a clip but received speech that is not");
  }

  std::int64_t end() const override { return speech_->frames(); }
  std::int64_t most_ahead() const override { return kWindowsAhead * options_.window; }
  std::unique_ptr<Timeline> Begin(Stream& stream) override {
    auto timeline = std::make_unique<Timeline>(stream, portrait_, options_, end(), &speech_->mel());
    sampler_.emplace(stream, portrait_, speech_, options_);
    return timeline;
  }
  void Next(Stream& /*stream*/, Timeline& timeline, const StopToken& stop) override {
    sampler_->Window(timeline, stop);
  }
  void GiveBack(bool done) noexcept override {
    if (sampler_) sampler_->GiveBack(done);
  }
  void Release() override { sampler_.reset(); }

 private:
  std::shared_ptr<Portrait> portrait_;
  std::shared_ptr<Speech> speech_;
  const RunOptions& options_;
  std::optional<MotionSampler> sampler_;
};

class Live final : public MotionSource {
 public:
  Live(std::shared_ptr<Portrait> portrait, std::shared_ptr<LiveSpeech> speech, const RunOptions& options)
      : portrait_(std::move(portrait)), speech_(std::move(speech)), options_(options) {}

  std::int64_t end() const override { return speech_->end(); }
  std::int64_t most_ahead() const override { return kHopsAhead * options_.stream->hop; }
  std::unique_ptr<Timeline> Begin(Stream& stream) override {
    stream_ = &stream;
    sampler_.emplace(stream, portrait_, speech_, options_);
    return sampler_->MakeTimeline();
  }
  bool ready(std::int64_t known) const override { return sampler_->Hears(known); }
  void Next(Stream& stream, Timeline& timeline, const StopToken& stop) override {
    const auto [join, cancel] = TakeOrders();
    if (join) sampler_->JoinAt(timeline, *join);
    if (cancel) sampler_->CancelJoin();
    sampler_->Hop(timeline, stop);
    record_.Copy(stream, sampler_->track(), timeline.known());
  }
  void Done() override { record_.Keep(); }
  void GiveBack(bool done) noexcept override {
    if (sampler_) sampler_->GiveBack(done);
  }
  void JoinAt(const LoopJoin& join) override {
    const std::lock_guard lock(mutex_);
    orders_ = {join, false};
  }
  void CancelJoin() override {
    const std::lock_guard lock(mutex_);
    orders_.cancel = true;  // the blinks of the join stay
  }
  TrackRecord* record() override { return &record_; }
  void Interrupt(Timeline& timeline, std::int64_t frame, const LoopPast& past,
                 const StopToken& stop) override {
    if (const auto join = TakeOrders().join) timeline.JoinBlinks(join->frame, join->clock);
    record_.Cut(frame);
    sampler_->Interrupt(timeline, frame, past, stop);
    record_.Copy(*stream_, sampler_->track(), timeline.known());
  }

 private:
  // What the next hop has to do with a loop.
  struct Orders {
    std::optional<LoopJoin> join;
    bool cancel = false;
  };
  Orders TakeOrders() {
    const std::lock_guard lock(mutex_);
    return std::exchange(orders_, {});
  }

  std::shared_ptr<Portrait> portrait_;
  std::shared_ptr<LiveSpeech> speech_;
  const RunOptions& options_;
  Stream* stream_ = nullptr;
  std::optional<LiveSampler> sampler_;
  TrackRecord record_;
  std::mutex mutex_;  // guards what follows
  Orders orders_;
};

}  // namespace

std::unique_ptr<MotionSource> ReplaySource(std::shared_ptr<Portrait> portrait, std::vector<float> motion,
                                           const RunOptions& options) {
  return std::make_unique<Replay>(std::move(portrait), std::move(motion), options);
}

std::unique_ptr<MotionSource> SpeechSource(std::shared_ptr<Portrait> portrait, std::shared_ptr<Speech> speech,
                                           const RunOptions& options) {
  return std::make_unique<Spoken>(std::move(portrait), std::move(speech), options);
}

std::unique_ptr<MotionSource> LiveSource(std::shared_ptr<Portrait> portrait,
                                         std::shared_ptr<LiveSpeech> speech, const RunOptions& options) {
  return std::make_unique<Live>(std::move(portrait), std::move(speech), options);
}

}  // namespace kdtalker
