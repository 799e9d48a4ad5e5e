// Runs a kernel on host memory, as the CPU device does.
#pragma once

#include <cstdint>
#include <type_traits>

template <class Kernel>
void Run(const Kernel& kernel) {
  static_assert(std::is_trivially_copyable_v<Kernel>);
  for (std::int64_t i = 0; i < kernel.count(); i++) kernel(i);
}
