#pragma once

#include <cstdint>
#include <memory>

#include "core/tensor.h"
#include "stages/audio_features.h"
#include "stages/network.h"

namespace kdtalker::stages {

// The audio features of a stream: each frame's are computed once, and kept for the last frames. Before the
// first frame they are those of silence. One thread at a time.
class StreamFeatures {
 public:
  // `rows` frames are kept. What silence sounds like is known when the constructor returns.
  StreamFeatures(Stream& stream, AudioFeatures& encoder, std::int64_t rows);

  // Makes those of frames [known(), last), whose columns are there, with any encoder of the same network.
  void Advance(Stream& stream, AudioFeatures& encoder, const MelColumns& mel, std::int64_t last,
               const StopToken& stop);

  std::int64_t known() const { return known_; }
  void Cut(std::int64_t frame);  // frames from this one on are made again

  // Known frames [first, last) were silent, whatever was heard.
  void Silence(Stream& stream, std::int64_t first, std::int64_t last);

  // Writes those of as many frames as `out` [1, window, features] has, from `first` on. Where nothing is
  // known yet, those of the last `span` frames come back, mirrored; with 0 those of silence.
  void Gather(Stream& stream, std::int64_t first, std::int64_t span, const Tensor& out) const;

  std::int64_t width() const { return silence_.dims()[1]; }

 private:
  void HearSilence(Stream& stream, AudioFeatures& encoder);

  std::int64_t known_ = 0;
  Tensor silence_;  // [1, features]
  Tensor ring_;     // [rows, features]
};

}  // namespace kdtalker::stages
