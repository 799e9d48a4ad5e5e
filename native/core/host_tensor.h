#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "core/program.h"

namespace kdtalker {

// A tensor in the host's memory, row-major.
struct HostTensor {
  Type type = Type::kFloat32;
  std::vector<std::int64_t> dims;
  std::vector<std::uint8_t> bytes;
};
using HostTensors = std::map<std::string, HostTensor>;

// The tensor for an input. Throws Error INVALID_ARGUMENT if there is none, or one of another type or shape.
const HostTensor& FeedOf(const Slot& slot, const HostTensors& feeds);

}  // namespace kdtalker
