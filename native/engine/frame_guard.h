#pragma once

#include <cstddef>
#include <memory>

#include "core/stream.h"
#include "core/tensor.h"

namespace kdtalker {

// Watches frames that are rendered in half precision, whose largest number is 65504. The range of a picture's
// values follows its bytes in the one copy to the host. Owns its buffers; one thread at a time.
class FrameGuard {
 public:
  // For pictures of so many values.
  FrameGuard(const std::shared_ptr<Device>& device, std::int64_t values);

  // Writes the range of `image` behind the picture of `shown` bytes that was made of it; the tensor has room
  // for both (kernels::BytesWithRange).
  void Watch(Stream& stream, const Tensor& picture, std::size_t shown, const Tensor& image) const;

  // Whether the picture whose `shown` bytes and range were `sent` to the host is as one in float32 could be:
  // all values are numbers and, of a first frame, they are not all the same level.
  static bool Holds(const std::byte* sent, std::size_t shown, bool first);

 private:
  Tensor many_, few_;  // partial ranges
};

}  // namespace kdtalker
