#pragma once

#include <cstdint>
#include <type_traits>

#include "core/device.h"

namespace kdtalker {

// Runs kernel(0) .. kernel(count() - 1) on the device, in the calling thread on `cpu` and `guarded`.
// A kernel is plain data (native/kernels): its pointers are device addresses.
template <class Kernel>
void Launch(const Device& device, Kernel kernel) {
  static_assert(std::is_trivially_copyable_v<Kernel>, "kernels are copied to the device byte by byte");
#if defined(__has_builtin)
#if __has_builtin(__builtin_clear_padding)
  // Clears padding: half of an old pointer after a number could look like an address together with that
  // number.
  __builtin_clear_padding(&kernel);
#endif
#endif
  device.ResolveArguments(&kernel, sizeof(kernel));
  const std::int64_t count = kernel.count();
  for (std::int64_t i = 0; i < count; i++) kernel(i);
}

}  // namespace kdtalker
