#pragma once

#include <cstdint>
#include <memory>

#include "core/host_buffer.h"
#include "core/tensor.h"
#include "stages/audio_features.h"

namespace kdtalker::stages {

// The last mel columns of a stream on its device. One thread at a time.
class StreamMel {
 public:
  // `rows` columns are kept; at most `most` come at a time.
  StreamMel(const std::shared_ptr<Device>& device, std::int64_t rows, std::int64_t most);

  // Where the next `count` columns are to be written, [count, 80], before Append(). What was appended before
  // must be done.
  float* Next() const { return static_cast<float*>(host_.data()); }

  // One upload.
  void Append(Stream& stream, std::int64_t count);

  std::int64_t count() const { return count_; }
  std::int64_t most() const { return given_.dims()[0]; }
  void Cut(std::int64_t column) { count_ = column; }  // columns from this one on come again
  MelColumns columns() const { return {ring_, count_}; }

 private:
  HostBuffer host_;
  Tensor given_, ring_;
  std::int64_t count_ = 0;
};

}  // namespace kdtalker::stages
