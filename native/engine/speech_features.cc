#include "engine/speech_features.h"

#include <algorithm>

#include "core/activity.h"
#include "core/error.h"
#include "stages/audio_features.h"

namespace kdtalker {
namespace {

// Some of the values [rows, size].
struct Rows {
  const std::vector<float>& values;
  std::int64_t rows, size;
};

void AppendChannels(const Rows& window, const Channels& channels, std::vector<float>& out) {
  for (std::int64_t row = 0; row < window.rows; ++row) {
    const auto begin = window.values.begin() + row * window.size + channels.first;
    out.insert(out.end(), begin, begin + channels.count);
  }
}

void CheckChannels(const std::vector<Channels>& wanted, std::int64_t size) {
  for (const auto& [first, count] : wanted)
    if (first < 0 || count < 1 || first > size - count)
      throw Error("INVALID_ARGUMENT", "Expected channels of the pack's audio features but received others");
}

}  // namespace

std::vector<std::vector<float>> ReadFeatures(Talker& talker, Speech& speech,
                                             const std::vector<Channels>& wanted) {
  const Activity activity([&speech] { speech.Stop(); });
  const std::int64_t window = talker.options().window, frames = speech.frames();
  stages::AudioFeatures audio(talker.network("audio"), talker.device(), window, talker.options().fps);
  const std::int64_t size = audio.features().dims().back();
  CheckChannels(wanted, size);
  if (frames == 0) throw Error("INVALID_ARGUMENT", "Expected finished speech but received other");
  std::vector<std::vector<float>> read(wanted.size());
  for (std::size_t i = 0; i < wanted.size(); ++i)
    read[i].reserve(static_cast<std::size_t>(frames * wanted[i].count));
  const StreamPool::Loan stream = talker.streams().Lend();
  for (std::int64_t first = 0; first < frames; first += window) {
    speech.stop().ThrowIfStopped();
    audio.Run(*stream, stages::MelColumns(speech.mel()), frames, first, speech.stop());
    const std::vector<float> values = DownloadFloats(*stream, audio.features(), Crossing::kMotion);
    for (std::size_t i = 0; i < wanted.size(); ++i)
      AppendChannels({values, std::min(window, frames - first), size}, wanted[i], read[i]);
  }
  return read;
}

}  // namespace kdtalker
