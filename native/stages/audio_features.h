#pragma once

#include "core/tensor.h"
#include "stages/network.h"

namespace kdtalker::stages {

// Mel columns on a device: the buffer's rows hold the last of so many columns.
struct MelColumns {
  explicit MelColumns(const Tensor& all) : buffer(all), count(all.dims()[0]) {}
  MelColumns(const Tensor& ring, std::int64_t columns) : buffer(ring), count(columns) {}

  const Tensor& buffer;  // [rows, 80]
  std::int64_t count;
};

// Computes the features of so many frames from mel columns: gathers, then runs the audio encoder. Owns
// its buffers; one thread at a time.
class AudioFeatures {
 public:
  // `fps`: frames a second.
  AudioFeatures(const Network& audio, const std::shared_ptr<Device>& device, std::int64_t window,
                std::int64_t fps);

  // Fills features() with frames first .. first + window - 1 of a clip of
  // `clip_frames`; after its end the clip begins again (docs/model.md 7).
  void Run(Stream& stream, const MelColumns& mel, std::int64_t clip_frames, std::int64_t first,
           const StopToken& stop);

  std::int64_t window() const { return window_; }
  const Tensor& features() const { return encoded_; }  // [window, features]

 private:
  std::int64_t window_, fps_;
  Tensor windows_, encoded_;  // [window, 1, 80, 16], [window, features]
  NetworkRun encoder_;
};

}  // namespace kdtalker::stages
