#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "core/runtime.h"
#include "engine/options.h"

namespace kdtalker {

// Loads a role's network with the provider and runs it once, on zeros, so that what the provider builds for
// it is in its cache. `open` is the length that the network leaves open. Throws what Model does.
void Prepare(const std::shared_ptr<Runtime>& runtime, const TalkerOptions& options, const std::string& role,
             std::int64_t open);

}  // namespace kdtalker
