#include "engine/speech_features.h"

#include <algorithm>

#include "core/error.h"
#include "core/stop_token.h"
#include "stages/audio_features.h"

namespace kdtalker {
namespace {

// Appends `count` channels from `first` on of the first `rows` rows of features [1, window, size].
void AppendChannels(Stream& stream, const Tensor& features, std::int64_t rows, std::int64_t first,
                    std::int64_t count, std::vector<float>& out) {
  const std::vector<float> values = DownloadFloats(stream, features, Crossing::kMotion);
  const std::int64_t size = features.dims().back();
  for (std::int64_t row = 0; row < rows; ++row) {
    const auto begin = values.begin() + row * size + first;
    out.insert(out.end(), begin, begin + count);
  }
}

}  // namespace

std::vector<float> ReadFeatures(Talker& talker, const Speech& speech, std::int64_t first,
                                std::int64_t count) {
  const std::int64_t window = talker.options().window;
  stages::AudioFeatures audio(talker.network("audio"), talker.device(), window, talker.options().fps);
  if (first < 0 || count < 1 || first > audio.features().dims().back() - count)
    throw Error("INVALID_ARGUMENT", "Expected channels of the pack's audio features but received others");
  if (speech.frames() == 0) throw Error("INVALID_ARGUMENT", "Expected finished speech but received other");
  std::vector<float> values;
  values.reserve(static_cast<std::size_t>(speech.frames() * count));
  const StopToken never;
  const StreamPool::Loan stream = talker.streams().Lend();
  for (std::int64_t frame = 0; frame < speech.frames(); frame += window) {
    audio.Run(*stream, speech.mel(), speech.frames(), frame, never);
    AppendChannels(*stream, audio.features(), std::min(window, speech.frames() - frame), first, count,
                   values);
  }
  return values;
}

}  // namespace kdtalker
