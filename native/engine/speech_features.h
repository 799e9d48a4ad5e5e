#pragma once

#include <cstdint>
#include <vector>

#include "engine/speech.h"
#include "engine/talker.h"

namespace kdtalker {

// `count` channels of the audio features of every frame of a finished speech, from `first` on: [frames,
// count], row-major. Throws Error INVALID_ARGUMENT for channels that the pack's features do not have.
std::vector<float> ReadFeatures(Talker& talker, const Speech& speech, std::int64_t first, std::int64_t count);

}  // namespace kdtalker
