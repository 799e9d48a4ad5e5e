#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "core/device.h"

namespace kdtalker {

// Whether the name is that of a GPU: "cuda" or "tensorrt", with or without ":" and a number. The words only
// differ in what runs the networks.
bool IsGpuName(const std::string& name);

// The number of a GPU's name; 0 if it has none.
int GpuNumberOf(std::string_view name);

// A GPU, by its name. Throws Error DEVICE_UNAVAILABLE with what to do, DEVICE_MEMORY if even a context finds
// no room.
std::shared_ptr<Device> MakeCudaDevice(const std::string& name, const DeviceOptions& options);

}  // namespace kdtalker
