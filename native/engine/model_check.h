#pragma once

#include <map>
#include <string>

#include "engine/options.h"
#include "stages/network.h"

// The checks of Model. They throw Error PACK_INVALID.
namespace kdtalker {

// Checks without the graphs: sizes, statistics, blink.
void CheckNumbers(const TalkerOptions& pack);

// Compares inputs and outputs of the graphs with each other and with the pack's sizes; `networks` by role.
void CheckSignatures(const TalkerOptions& pack, const std::map<std::string, stages::Signature>& networks);

// The same of plans of what is heard alone: `audio` and, maybe, `condition` for as many frames as the pack's
// window has.
void CheckHeard(const TalkerOptions& pack, const std::map<std::string, stages::Signature>& networks);

}  // namespace kdtalker
