#pragma once

#include <cstdint>
#include <vector>

#include "engine/speech.h"
#include "engine/talker.h"

namespace kdtalker {

// Some channels of the audio features that lie beside each other.
struct Channels {
  std::int64_t first, count;
};

// Channels of the audio features of every frame of a finished speech, for each of `wanted` [frames, count],
// row-major. The network hears the speech once for all of them. Throws Error INVALID_ARGUMENT for channels
// that the pack's features do not have, and ABORTED after Stop() of the speech.
std::vector<std::vector<float>> ReadFeatures(Talker& talker, Speech& speech,
                                             const std::vector<Channels>& wanted);

}  // namespace kdtalker
