#pragma once

#include "core/runtime.h"

namespace kdtalker::ops {

// Makes the operators of the domain `kdtalker` known to every session that the runtime loads from here on.
// Once a runtime; again is harmless.
void Register(Runtime& runtime);

}  // namespace kdtalker::ops
