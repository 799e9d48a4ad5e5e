#pragma once

#include <memory>
#include <mutex>
#include <vector>

#include "core/stop_token.h"
#include "core/tensor.h"
#include "stages/mel.h"
#include "stages/resample.h"

namespace kdtalker {

// A voice as a mel spectrogram on the device. Samples arrive in pieces; Finish() uploads the spectrogram at
// once.
class Speech {
 public:
  // `fps`: video frames a second.
  Speech(std::shared_ptr<Device> device, int sample_rate, int fps = 25);

  void Push(const float* samples, std::size_t count);  // mono, -1..1
  void Finish();  // Throws Error SPEECH_TOO_SHORT if it is shorter than one video frame.

  const std::shared_ptr<Device>& device() const { return device_; }
  std::int64_t frames() const { return frames_; }  // video frames: floor(fps samples at 16 kHz / 16000)
  const Tensor& mel() const { return mel_; }       // [columns, 80]

  // Ends the reading of its features soon (ReadFeatures). Any thread.
  void Stop() { stop_.Stop(); }
  const StopToken& stop() const { return stop_; }

 private:
  std::shared_ptr<Device> device_;
  StopToken stop_;
  std::mutex mutex_;
  stages::Resampler resampler_;
  stages::MelBuilder builder_;
  std::vector<float> resampled_;
  Tensor mel_;
  std::int64_t frames_ = 0;
  bool finished_ = false;
};

}  // namespace kdtalker
