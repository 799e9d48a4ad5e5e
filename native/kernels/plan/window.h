// Where the windows of a convolution or of a pooling lie on three axes. With fewer axes the first lengths are
// 1.
#pragma once

#include "kernels/plan/places.h"

namespace kdtalker::kernels::plan {

inline constexpr std::int64_t kAxes = 3;

struct Window {
  std::int64_t input[kAxes];
  std::int64_t kernel[kAxes];
  std::int64_t stride[kAxes];
  std::int64_t pad[kAxes];  // before the first element
  std::int64_t dilation[kAxes];

  // The input's coordinate for a coordinate of the output and a tap of the kernel; may lie outside.
  KDT_HOST_DEVICE std::int64_t At(std::int64_t axis, std::int64_t output, std::int64_t tap) const {
    return output * stride[axis] - pad[axis] + tap * dilation[axis];
  }
  KDT_HOST_DEVICE bool Inside(std::int64_t axis, std::int64_t at) const {
    return at >= 0 && at < input[axis];
  }
};

}  // namespace kdtalker::kernels::plan
