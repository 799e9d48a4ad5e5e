#pragma once

#include <memory>
#include <string>

#include "core/device.h"

namespace kdtalker {

// Whether the name is "cuda" or "cuda:" and a number.
bool IsCudaName(const std::string& name);

// A GPU, by its name. Throws Error DEVICE_UNAVAILABLE with what to do, DEVICE_MEMORY if even a context finds
// no room.
std::shared_ptr<Device> MakeCudaDevice(const std::string& name, const DeviceOptions& options);

}  // namespace kdtalker
