#include "stages/stream_features.h"

#include <algorithm>
#include <vector>

#include "core/stop_token.h"
#include "kernels/motion.h"
#include "kernels/ring.h"
#include "kernels/windows.h"

namespace kdtalker::stages {

StreamFeatures::StreamFeatures(Stream& stream, AudioFeatures& encoder, std::int64_t rows)
    : silence_(stream.shared_device(), Type::kFloat32, {1, encoder.features().dims().back()}),
      ring_(stream.shared_device(), Type::kFloat32, {rows, width()}) {
  HearSilence(stream, encoder);
  stream.Launch(kernels::ScatterRows{silence_.f32(), ring_.f32(), 0, rows, 1, rows, width()});
}

// A spectrogram of one column: windows repeat it.
void StreamFeatures::HearSilence(Stream& stream, AudioFeatures& encoder) {
  const std::vector<float> values(static_cast<std::size_t>(kernels::kMelBands), kernels::kSilentMel);
  const Tensor column(stream.shared_device(), Type::kFloat32, {1, kernels::kMelBands});
  column.UploadNow(stream, values.data(), Crossing::kSpectrogram);
  const StopToken never;
  encoder.Run(stream, MelColumns(column), kernels::kEveryFrame, 0, never);
  stream.Copy(silence_.address(), encoder.features().address(), silence_.bytes());
  stream.Synchronise();  // the encoder is lent to other streams
}

void StreamFeatures::Advance(Stream& stream, AudioFeatures& encoder, const MelColumns& mel, std::int64_t last,
                             const StopToken& stop) {
  while (known_ < last) {
    const std::int64_t count = std::min(encoder.window(), last - known_);
    encoder.Run(stream, mel, kernels::kEveryFrame, known_, stop);
    stream.Launch(kernels::ScatterRows{encoder.features().f32(), ring_.f32(), known_, count, count,
                                       ring_.dims()[0], width()});
    known_ += count;
  }
}

void StreamFeatures::Cut(std::int64_t frame) {
  known_ = std::min(known_, frame);
}

void StreamFeatures::Silence(Stream& stream, std::int64_t first, std::int64_t last) {
  const std::int64_t rows = ring_.dims()[0];
  stream.Launch(kernels::ScatterRows{silence_.f32(), ring_.f32(), first, last - first, 1, rows, width()});
}

void StreamFeatures::Gather(Stream& stream, std::int64_t first, std::int64_t span, const Tensor& out) const {
  stream.Launch(kernels::GatherRows{ring_.f32(), silence_.f32(), out.f32(), first, out.dims()[1], known_,
                                    ring_.dims()[0], width(), span});
}

}  // namespace kdtalker::stages
