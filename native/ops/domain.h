#pragma once

#include "core/runtime.h"

namespace kdtalker::ops {

// Registers the operators of the domain `kdtalker` for every session that the runtime loads afterwards. Once
// for each runtime; a second call has no effect.
void Register(Runtime& runtime);

}  // namespace kdtalker::ops
