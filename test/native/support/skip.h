// Cases whose requirements are missing print a message that begins with SKIPPED; doctest names the case above
// it, and .ci/count.mjs counts it as skipped, not as passed.
#pragma once

#include <doctest/doctest.h>

#include <cstdlib>

namespace skip {

// Prints the message and returns true if the requirement is missing: `if (skip::Unless(there, "..."))
// return;`.
inline bool Unless(bool there, const char* needs) {
  if (!there) MESSAGE("SKIPPED: needs " << needs);
  return !there;
}

inline bool WithoutRuntime() {
  return Unless(std::getenv("KDTALKER_ORT") != nullptr, "KDTALKER_ORT, the library of ONNX Runtime");
}

}  // namespace skip
