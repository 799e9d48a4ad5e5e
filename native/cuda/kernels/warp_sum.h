// What the lanes of a warp hold, together: every lane gets it, in a fixed order of additions.
#pragma once

#include "cuda/kernels/launch.h"

namespace kdtalker::cuda {

template <class T>
KDT_DEVICE T WarpSum(T value) {
  for (int step = 16; step >= 1; step /= 2) value += __shfl_xor_sync(0xFFFFFFFFU, value, step);
  return value;
}

KDT_DEVICE float WarpMost(float value) {
  for (int step = 16; step >= 1; step /= 2) {
    const float other = __shfl_xor_sync(0xFFFFFFFFU, value, step);
    value = other > value || other != other ? other : value;
  }
  return value;
}

}  // namespace kdtalker::cuda
