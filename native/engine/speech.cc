#include "engine/speech.h"

#include <string>
#include <utility>

#include "core/error.h"
#include "kernels/windows.h"

namespace kdtalker {

Speech::Speech(std::shared_ptr<Device> device, int sample_rate, int fps)
    : device_(std::move(device)), resampler_(sample_rate), builder_(fps) {}

void Speech::Push(const float* samples, std::size_t count) {
  const std::lock_guard lock(mutex_);
  if (finished_)
    throw Error("CLOSED", "Expected speech that is not finished but received more samples after its end");
  resampled_.clear();
  resampler_.Push(samples, count, resampled_);
  builder_.Push(resampled_.data(), resampled_.size());
}

void Speech::Finish() {
  const std::lock_guard lock(mutex_);
  if (std::exchange(finished_, true)) return;
  resampled_.clear();
  resampler_.Flush(resampled_);
  builder_.Push(resampled_.data(), resampled_.size());
  stages::MelSpectrogram spectrogram = builder_.Finish();
  frames_ = spectrogram.frames;
  if (frames_ == 0) {
    throw Error("SPEECH_TOO_SHORT", "Expected speech of at least one video frame but received less");
  }
  const std::size_t bytes =
      static_cast<std::size_t>(spectrogram.columns * kernels::kMelBands) * sizeof(float);
  mel_ = Tensor(device_->Adopt(spectrogram.values.Release(), bytes, Crossing::kSpectrogram), Type::kFloat32,
                {spectrogram.columns, kernels::kMelBands});
}

}  // namespace kdtalker
