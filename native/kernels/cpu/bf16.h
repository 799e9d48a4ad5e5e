#pragma once

#include <cstdint>

namespace kdtalker::kernels {

// A bfloat16 as it is stored: the upper half of a float32.
struct Bf16 {
  std::uint16_t bits;
};

}  // namespace kdtalker::kernels
