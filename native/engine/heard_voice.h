#pragma once

#include <cstdint>

namespace kdtalker {

// Whether somebody speaks, as far as a stream has heard: what its plans take the rest to be. On the host,
// from the columns that are uploaded. One thread at a time.
class HeardVoice {
 public:
  explicit HeardVoice(std::int64_t fps) : fps_(fps) {}

  // Columns [count, 80] from `first` on, which follow those of the call before.
  void Hear(const float* columns, std::int64_t first, std::int64_t count);

  // Nobody speaks from this frame on.
  void Cut(std::int64_t frame);

  bool speaks() const { return frame_ - loud_ <= Pause(); }

  // Frames since somebody began to speak after a second of silence, at most three seconds; 0 if nobody does.
  // The pauses of a voice are in it.
  std::int64_t span() const;
  static std::int64_t MostSpan(std::int64_t fps) { return 3 * fps; }

 private:
  std::int64_t Pause() const { return fps_ / 8; }  // shorter ones belong to speech
  void Finish();

  std::int64_t fps_;
  std::int64_t frame_ = 0;                 // whose columns come
  std::int64_t loud_ = -1000, since_ = 0;  // the last loud frame; the first of this speech
  double power_ = 0, peak_ = -80;  // of the frame so far, summed; of the loudest frame, in decibels, decaying
  std::int64_t columns_ = 0;       // of the frame so far
};

}  // namespace kdtalker
