#pragma once

#include <map>
#include <string>

#include "engine/options.h"
#include "stages/network.h"

// What has to be true of a pack for the engine to run it: see Model. Both throw Error PACK_INVALID.
namespace kdtalker {

// What can be told without the graphs: sizes, statistics, blink.
void CheckNumbers(const TalkerOptions& pack);

// What the graphs take and give, against each other and against the pack's sizes; `networks` by role.
void CheckSignatures(const TalkerOptions& pack, const std::map<std::string, stages::Signature>& networks);

}  // namespace kdtalker
