#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <vector>

#include "stages/mel.h"
#include "stages/resample.h"

namespace kdtalker {

// A voice that is spoken while it is heard, as mel columns on the host. Samples arrive in pieces of any
// sizes, and the columns are bit for bit those of any other pieces. Thread-safe.
class LiveSpeech {
 public:
  // `fps`: video frames a second.
  LiveSpeech(int sample_rate, int fps);

  void Push(const float* samples, std::size_t count);  // mono, -1..1
  void End();                                          // silence follows

  // What was pushed from frame `frame` on is forgotten. So many silent frames follow, then what is pushed
  // after this call, as if a new voice began.
  void Restart(std::int64_t frame, std::int64_t silent);

  // Columns that are there; kernels::kEveryFrame once it has ended.
  std::int64_t columns() const { return columns_.load(); }

  // Whole video frames; kernels::kEveryFrame until it has ended.
  std::int64_t end() const { return end_.load(); }

  // The number of restarts.
  std::int64_t restarts() const { return restarts_.load(); }

  // Copies columns [first, last) to `out`, [last - first, 80], and forgets those before `first`. Columns that
  // are not there are silence. `restarts`: those the caller knows of; if there were more, all is silence, and
  // nothing is forgotten.
  void Take(std::int64_t restarts, std::int64_t first, std::int64_t last, float* out);

 private:
  // A stretch of sound without a restart. Its columns lie on the grid of the stream's, from `column` on.
  struct Stretch {
    Stretch(int sample_rate, int fps, std::int64_t first_frame);

    stages::Resampler resampler;
    stages::MelBuilder builder;
    std::int64_t frame, column;
    std::int64_t samples = 0;  // received, at the voice's rate
  };

  void Hear(const float* samples, std::size_t count);
  void Append();
  void Publish();
  std::int64_t frames() const;

  const int sample_rate_, fps_;
  std::atomic<std::int64_t> columns_{0}, end_, restarts_{0};
  std::mutex mutex_;  // guards what follows
  bool ended_ = false;
  std::optional<Stretch> stretch_;
  std::vector<float> resampled_;
  std::vector<float> kept_;  // columns from first_ on
  std::int64_t first_ = 0;
};

}  // namespace kdtalker
